"""A job whose runs last until they are let go, so that a test says when each of them ends."""

from __future__ import annotations

import shlex
from typing import Any

from tests.faults.bench_job import Job
from tests.faults.findings import owed_of
from tests.faults.station import Station
from tests.faults.trial import Trial
from tests.faults.witness import Start
from tests.waiting import until

ENTERED_SECONDS = 60.0


class Gated:
    """The job, whose first run is `held` on the worker `runner`. It does not end by a SIGTERM."""

    def __init__(self, trial: Trial, every: int, **fields: Any) -> None:
        self.trial = trial
        self._gates = trial.fleet.folder / "gates"
        self._gates.mkdir()
        here = shlex.quote(str(self._gates))
        work = f"until [ -e {here}/$FLEETCRON_RUN_ID ] || [ -e {here}/all ]; do sleep 0.05; done"
        self.job: Job = trial.job(every, f"trap '' TERM; {work}", killGraceSeconds=60, **fields)
        self.held: Start = self.job.wait_start()
        self.runner = self.station_of(self.held)

    def station_of(self, start: Start) -> Station:
        """The worker that started a run."""
        found = self.trial.fleet.station_of(start.parent)
        assert found
        return found

    def owed(self, run_id: str) -> dict[str, Any]:
        """What a run's key says; nothing where there is none."""
        return owed_of(self.trial.fleet.etcd, self.job.name).get(run_id, {})

    def wait_waiting(self) -> tuple[str, Station]:
        """The run that waits, and the worker that owns it."""

        def found() -> tuple[str, str] | None:
            owed = owed_of(self.trial.fleet.etcd, self.job.name)
            waits = ((i, d["incarnation"]) for i, d in owed.items() if d["state"] == "waiting")
            return next(waits, None)

        run_id, incarnation = until(found, ENTERED_SECONDS, "a run waits")
        identity = incarnation.rpartition(".")[0]
        return run_id, next(s for s in self.trial.fleet.stations if s.identity == identity)

    def let_go(self, run_id: str = "all") -> None:
        """Let a run end, or all of now and later."""
        (self._gates / run_id).touch()

    def wait_over(self, run_id: str) -> None:
        """Wait until nothing of a run is alive."""
        until(lambda: run_id not in self.job.alive().values(), ENTERED_SECONDS, "it is over")

    def wait_start_of(self, run_id: str, timeout: float) -> Start:
        """The start of a run, waited for."""
        return until(
            lambda: next((s for s in self.job.starts() if s.run_id == run_id), None),
            timeout,
            f"{run_id} starts",
        )
