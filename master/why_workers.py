"""The registered workers: which may run a job, and what keeps the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common import keys
from common.clock_news import source_of
from common.clocks import AGREE_MS
from common.job import Job
from common.store import Store
from master.drains import drains
from master.names import in_a_row
from master.registered import Registered, all_registered
from master.why_answer import Answer, answer

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Worker:
    """A registered worker, and what else is known of it.

    `drained` says by whom and why it was told to take nothing, `ahead_ms` by how much its clock is
    ahead of ours (None: not heard).
    """

    said: Registered
    drained: str = ""
    ahead_ms: int | None = None

    @property
    def name(self) -> str:
        """Its IP, or `ip:instance`."""
        return self.said.name

    @property
    def ours(self) -> bool:
        """Whether it is no Go worker."""
        return self.said.ours

    @property
    def room(self) -> bool:
        """Whether it is not full."""
        return self.said.room

    @property
    def draining(self) -> bool:
        """Whether it takes nothing, as it says or was told."""
        return self.said.draining or bool(self.drained)

    @property
    def clock_off(self) -> bool:
        """Whether it claims nothing for its clock."""
        return self.ahead_ms is not None and abs(self.ahead_ms) > AGREE_MS

    def lacks(self, job: Job) -> str:
        """What keeps it from running the job: labels that are wrong, or the first term."""
        said = self.said
        return said.unclear if job.where and said.unclear else said.failing(job.where)


def read_workers(store: Store, ahead: Mapping[str, int]) -> tuple[Worker, ...]:
    """All that are registered, by name; `ahead` are the clocks that were heard."""
    told = {name: str(drain) for name, drain in drains(store).items()}
    return tuple(
        Worker(said, told.get(said.name, ""), ahead.get(source_of(keys.worker(said.name))))
        for said in all_registered(store)
    )


def eligible(job: Job, workers: Sequence[Worker]) -> list[Worker]:
    """Those that may run it: of ours, matching its `where`, not draining, with a right clock."""
    return [
        each
        for each in workers
        if each.ours and not each.draining and not each.clock_off and not each.lacks(job)
    ]


def obstacle(job: Job, workers: Sequence[Worker]) -> Answer | None:
    """Why no worker may run the job now; None where at least one may, full or not."""
    ours = [each for each in workers if each.ours]
    if not workers:
        return answer(
            "fleet_stopped",
            "No worker is registered: the whole fleet is stopped or cut off from the store.",
            "Start a worker; what is due meanwhile is recorded as missed when one is there.",
        )
    if not ours:
        names = in_a_row(each.name for each in workers)
        return answer("no_worker", f"No worker of fleetcron is registered, only Go ones: {names}.")
    matching = [each for each in ours if not each.lacks(job)]
    if not matching:
        return _no_match(job, ours)
    if all(each.draining for each in matching):
        return _all_draining(job, matching)
    right = [each for each in matching if not each.clock_off and not each.draining]
    return None if right else _clocks_off(matching)


def _no_match(job: Job, workers: Sequence[Worker]) -> Answer:
    terms = in_a_row(job.where)
    return answer(
        "no_match",
        f"No registered worker matches what the job asks for ({terms}).",
        *(f"{_called(each)} fails {each.lacks(job)}." for each in workers[:SHOWN]),
        f"So do {len(workers) - SHOWN} more." if len(workers) > SHOWN else "",
        "Change the job's where, or start a worker with such labels.",
    )


def _all_draining(job: Job, workers: Sequence[Worker]) -> Answer:
    kind = "matching worker" if job.where else "worker"
    return answer(
        "draining",
        f"Every {kind} is draining or about to end, and takes no new runs.",
        *(f"{_called(each)} is {each.drained or 'draining'}." for each in workers[:SHOWN]),
        "Undrain one of them (fleetcron worker undrain), or start another.",
    )


def _clocks_off(workers: Sequence[Worker]) -> Answer:
    off = [each for each in workers if each.clock_off]
    return answer(
        "clock",
        "The clock of every worker that may run it is off, and such a worker claims nothing.",
        *(
            f"{_called(each)} is {abs(each.ahead_ms or 0) / 1000:.1f} s"
            f" {'ahead' if (each.ahead_ms or 0) > 0 else 'behind'}."
            for each in off[:SHOWN]
        ),
        "Set their clocks right.",
    )


def full(job: Job, workers: Sequence[Worker]) -> Answer | None:
    """That none of those that may run it has room now; None where one has."""
    able = eligible(job, workers)
    if not able or any(each.room for each in able):
        return None
    names = in_a_row(each.name for each in able)
    return answer(
        "no_slot",
        f"Every worker that may run it is full ({names}).",
        *(f"{_called(each)} is short of {each.said.short_of}." for each in _short(able)[:SHOWN]),
        "Have others end, or see to it that there is more." if _short(able) else "",
    )


def _short(workers: Sequence[Worker]) -> list[Worker]:
    return [each for each in workers if each.said.short_of]


def _called(worker: Worker) -> str:
    host = worker.said.host
    return f"{worker.name} (host {host})" if host else worker.name
