"""A trial: jobs that a fleet was promised to run, faults done to it, and the verdict at its end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tests.acceptance.fleet import Master
from tests.faults.bench_job import PATIENCE, PREFIX, Job
from tests.faults.calls import save_all
from tests.faults.checker import check
from tests.faults.evidence import Case, Fault, Record, Usage, Violation
from tests.faults.findings import JOBS, RUNS, keys_under, living_runs, records
from tests.faults.fleet import Fleet
from tests.faults.orders import Order
from tests.faults.pulse import Pulse
from tests.faults.station import Station
from tests.faults.true_clock import boot_ms, now_ms
from tests.faults.witness import Start
from tests.waiting import NeverHappened, until

AT_ONCE = 1000
"""So many jobs are saved by one request."""


class Trial:
    """One row's or one random run's jobs and faults on a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.jobs: list[Job] = []
        self.faults: list[Fault] = []
        self.orders: list[Order] = []
        self.pulse = Pulse()
        self.usage: list[Usage] = []
        self.limits: dict[str, Any] = {}

    def job(self, every: int = 1, work: str = "", name: str = "", **fields: Any) -> Job:
        """Save a job that is due every `every` seconds (a divisor of 60) and does `work`.

        `fields` are as `Job.save` takes them.
        """
        job = Job(self, f"{PREFIX}{name or 'job'}-{len(self.jobs)}", every)
        self.jobs.append(job)
        job.save(work, **fields)
        return job

    def records_of(self, *jobs: str) -> list[Record]:
        """The records of jobs, of the trial or not."""
        return records(self.fleet.mongodb, jobs)

    def knows(self, station: Station, stored: Mapping[str, int] | None = None) -> bool:
        """Whether a worker's table of this bench's jobs is what etcd has.

        That is read at each look, unless it is given: of many jobs it is a load of its own.
        """
        return _ours(station.table()) == (self.stored() if stored is None else stored)

    def instant(self, start: Start) -> float:
        """When a run began, epoch ms."""
        return boot_ms() + start.began * 1000

    def burst(self, count: int, due: int, work: str = "") -> list[Job]:
        """Save so many jobs by few requests, all due at `due` (epoch ms) and each hour later."""
        second = due // 1000 % 3600
        fresh = [Job(self, f"{PREFIX}burst-{n}", 3600) for n in range(count)]
        documents = [
            {
                "name": job.name,
                "command": self.fleet.witness.command(work),
                "cronExpr": f"{second % 60} {second // 60} * * * * *",
            }
            for job in fresh
        ]
        self.jobs += fresh
        for start in range(0, count, AT_ONCE):
            save_all(self.master(), documents[start : start + AT_ONCE])
        assert now_ms() < due, "the jobs were saved too late"
        for job in fresh:
            job.promise = replace(job.promise, saved=now_ms(), phase_ms=second * 1000)
        return fresh

    def boot(self, instant: int) -> float:
        """An epoch instant (ms) as boot time, seconds."""
        return (instant - boot_ms()) / 1000

    def lateness(self, start: Start) -> float:
        """By how many ms a start came after its instant."""
        return self.instant(start) - start.plan

    def served_by(self, station: Station, timeout: float = PATIENCE) -> Start:
        """Wait until a worker starts something due from now on; jobs are added until it is asked.

        Which of the workers runs a job is theirs to choose.
        """
        since = now_ms()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for _ in range(3):
                self.job(1, name="probe")
            with contextlib.suppress(NeverHappened):
                return until(lambda: self._started(station, since), 2.5)
        raise NeverHappened(f"{station.name} starts nothing for {timeout:g} s")

    def master(self) -> Master:
        """The first master that runs."""
        return next(master for master in self.fleet.masters if master.child.running)

    def any_master(self) -> Master:
        """A master that runs, or if none does one of them."""
        masters = self.fleet.masters
        return next((master for master in masters if master.child.running), masters[0])

    @contextmanager
    def fault(self, what: str, more: Sequence[str] = ()) -> Iterator[None]:
        """Note that what is done within is a fault, which is healed at the end.

        `more` says by then what it was.
        """
        begun = now_ms()
        try:
            yield
        finally:
            self.faults.append(Fault(", ".join([what, *more]), begun, now_ms()))

    def case(self) -> Case:
        """All that can be found out now; its limits are `limits`."""
        names = [job.name for job in self.jobs]
        return Case(
            boot_ms=boot_ms(),
            now=now_ms(),
            promises=[job.promise for job in self.jobs],
            orders=self.orders,
            faults=self.faults,
            slow=list(self.pulse.slow),
            drained=self.fleet.drained,
            starts=[start for start in self.fleet.witness.starts() if start.job in names],
            records=records(self.fleet.mongodb, names),
            owed=list(keys_under(self.fleet.etcd, RUNS + PREFIX)),
            living=living_runs(PREFIX),
            tables={s.name: _ours(s.table()) for s in self.fleet.stations},
            jobs=self.stored(),
            usage=self.usage,
            **self.limits,
        )

    def end(self) -> None:
        """Delete all jobs, end their runs, and wait until nothing is owed, or long enough."""
        for job in self.jobs:
            job.delete()
        alive = {run_id.partition("@")[0] for run_id in living_runs(PREFIX).values()}
        for job in self.jobs:
            if job.name in alive:
                # Its last run may have ended meanwhile, and then there is nothing to kill.
                with contextlib.suppress(AssertionError):
                    job.kill()
        with contextlib.suppress(NeverHappened):
            until(lambda: not living_runs(PREFIX), self.fleet.lost_after + 30, "no run is left")
            until(self._is_settled, self.fleet.lost_after + 30, "nothing is owed")

    def verdict(self, punctual: float = 1.0) -> list[Violation]:
        """End the trial, and say what did not hold."""
        self.end()
        self.pulse.stop()
        return check(self.case(), punctual)

    def _started(self, station: Station, since: int) -> Start | None:
        found = self.fleet.witness.starts()
        mine = (s for s in found if s.parent in station.executors and s.plan > since)
        return next(mine, None)

    def _is_settled(self) -> bool:
        if keys_under(self.fleet.etcd, RUNS + PREFIX):
            return False
        return all(self.knows(station) for station in self.fleet.stations if station.running)

    def stored(self) -> dict[str, int]:
        """This bench's jobs and their revisions as etcd has them."""
        found = keys_under(self.fleet.etcd, JOBS + PREFIX)
        return {key.removeprefix(JOBS): revision for key, revision in found.items()}


def _ours(table: Mapping[str, int]) -> dict[str, int]:
    return {name: revision for name, revision in table.items() if name.startswith(PREFIX)}
