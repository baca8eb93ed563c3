"""What became of instants: run keys and records put together, the newest word of each run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from common import keys
from common.keys import RunName
from common.owed import ENDED, Owed
from common.owed_record import gap_record, own_record
from common.record import JobLog
from master.run_marks import worker_of


@dataclass(frozen=True, slots=True)
class Happening:
    """One run id and what is known of it: the record, or what its key would make one of.

    `state` is waiting, running or ended; `incarnation` has its key; `delay_ms` is what a waiting
    retry waits. `stored` says that the log store has the record.
    """

    run_id: str
    name: RunName
    record: JobLog
    state: str
    incarnation: str = ""
    delay_ms: int | None = None
    stored: bool = False

    @property
    def holder(self) -> str:
        """The worker that has its key; "" where nobody has."""
        return worker_of(self.incarnation)

    @property
    def is_gap(self) -> bool:
        """Whether it stands for instants that were passed over."""
        return self.record.gap_count is not None


def of_key(name: str, run_id: str, owed: Owed) -> list[Happening]:
    """What a run's key tells: of the run, and of the gap before it."""
    said = keys.read_run_id(name, run_id)
    if said is None:
        return []
    record = own_record(name, run_id, owed)
    if owed.state == ENDED and owed.start_time is not None:
        record = replace(record, worker=worker_of(owed.incarnation))
    found = [Happening(run_id, said, record, owed.state, owed.incarnation, owed.delay_ms)]
    if owed.gap is not None:
        gap = gap_record(name, run_id, owed.gap, owed)
        found.append(Happening(gap.run_id, said, gap, ENDED))
    return found


def of_record(record: JobLog) -> Happening:
    """What a record tells; one of the Go system names no run."""
    first_of_gap = record.run_id.partition("~")[0]
    said = keys.read_run_id(record.job_name, first_of_gap if record.gap_count else record.run_id)
    name = said or RunName(record.job_name, "", record.plan_time, "", record.attempt)
    return Happening(record.run_id, name, record, ENDED, stored=True)


def put_together(found: Iterable[Happening]) -> list[Happening]:
    """One for each run id: a key that is not ended says more than a record, another one less."""
    best: dict[str, Happening] = {}
    for each in found:
        known = best.get(each.run_id)
        if known is None or _weight(each) > _weight(known):
            best[each.run_id] = each
    return sorted(best.values(), key=lambda each: (each.name.share, each.name.attempt))


def _weight(each: Happening) -> tuple[bool, bool]:
    return (each.state != ENDED, each.stored)


def by_share(found: Iterable[Happening]) -> Mapping[str, list[Happening]]:
    """The attempts of each share, first attempt first; "" is the job that runs once."""
    shares: dict[str, list[Happening]] = {}
    for each in found:
        shares.setdefault(each.name.share, []).append(each)
    return shares
