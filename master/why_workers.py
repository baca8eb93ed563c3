"""The registered workers: which may run a job, and what keeps the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.clock_news import source_of
from common.constants import JOB_WORKER_DIR, WORKER_DRAIN_DIR
from common.drain import Drain, unpack_drain
from common.errors import InvalidField
from common.job import Job
from common.labels import registered_labels
from common.protocol import extract_worker_ip
from common.selector import failing
from common.store import Entry, Store
from common.strict_json import parse_object
from master.why_answer import Answer, answer, listed

AGREE_MS = 5000
"""A worker whose clock is further off than this from most others claims nothing."""
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Worker:
    """A registered worker: one of ours (`ours`) or of the Go system, of which nothing is known.

    `drained` says by whom and why it was told to take nothing, `ahead_ms` by how much its clock is
    ahead of ours (None: not heard), `unclear` what is wrong with its labels.
    """

    name: str
    ours: bool = True
    host: str = ""
    incarnation: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    unclear: str = ""
    room: bool = True
    draining: bool = False
    drained: str = ""
    ahead_ms: int | None = None

    @property
    def clock_off(self) -> bool:
        """Whether it claims nothing for its clock."""
        return self.ahead_ms is not None and abs(self.ahead_ms) > AGREE_MS

    def lacks(self, job: Job) -> str:
        """The first term of the job's `where` that does not hold for it; "" where all do."""
        if job.where and self.unclear:
            return self.unclear
        try:
            return failing(job.where, self.labels)
        except InvalidField as error:
            return str(error)


def read_workers(store: Store, ahead: Mapping[str, int]) -> tuple[Worker, ...]:
    """All that are registered, by name; `ahead` are the clocks that were heard."""
    drains = {
        entry.key.removeprefix(WORKER_DRAIN_DIR): unpack_drain(entry.value)
        for entry in store.snapshot(WORKER_DRAIN_DIR).entries
    }
    found = store.snapshot(JOB_WORKER_DIR).entries
    return tuple(_worker(entry, drains, ahead) for entry in found)


def _worker(entry: Entry, drains: Mapping[str, Drain], ahead: Mapping[str, int]) -> Worker:
    name, said = extract_worker_ip(entry.key), _object(entry.value)
    if not said:
        return Worker(name, ours=False)
    drain = drains.get(name)
    labels, unclear = _labels(said)
    return Worker(
        name,
        host=str(said.get("host", "")),
        incarnation=str(said.get("incarnation", "")),
        labels=labels,
        unclear=unclear,
        room=said.get("room") is not False,
        draining=said.get("draining") is True or drain is not None,
        drained="" if drain is None else str(drain),
        ahead_ms=ahead.get(source_of(entry.key)),
    )


def _labels(said: Mapping[str, Any]) -> tuple[Mapping[str, str], str]:
    """What it is labelled with, and what is wrong with that."""
    try:
        return registered_labels(said), ""
    except InvalidField as error:
        return {}, str(error)


def _object(value: bytes) -> Mapping[str, Any]:
    try:
        return parse_object(value, "value") if value else {}
    except InvalidField:
        return {}


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
        names = listed(each.name for each in workers)
        return answer("no_worker", f"No worker of fleetcron is registered, only Go ones: {names}.")
    matching = [each for each in ours if not each.lacks(job)]
    if not matching:
        return _no_match(job, ours)
    if all(each.draining for each in matching):
        return _all_draining(job, matching)
    right = [each for each in matching if not each.clock_off and not each.draining]
    return None if right else _clocks_off(matching)


def _no_match(job: Job, workers: Sequence[Worker]) -> Answer:
    terms = listed(job.where)
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
    names = listed(each.name for each in able)
    return answer("no_slot", f"Every worker that may run it is full ({names}).")


def _called(worker: Worker) -> str:
    return f"{worker.name} (host {worker.host})" if worker.host else worker.name
