"""What must hold when a world has settled: judged by what was witnessed and recorded."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING

from tests.model.ends import reruns
from tests.model.log_store import Record
from tests.model.values import FAILED, LOST, MISSED, NOT_STARTED, SKIPPED, UNKNOWN, Owed
from tests.model.witness import Witness

if TYPE_CHECKING:
    from tests.model.world import World

NEVER_STARTED = (NOT_STARTED, MISSED, SKIPPED)
LEFTOVERS = ("/cron/runs/", "/cron/trigger/", "/cron/lock/")


def judge(world: World) -> None:
    """Tell the witness of every promise that this world broke."""
    witness, records = world.witness, world.log.records
    witness.close()
    _each_due_instant_has_one_record(witness, records)
    for run, owed in witness.owed.items():
        _the_record_is_true(world, run, owed, records.get(run))
    _each_trigger_has_one_record(witness, records.values())
    _runs_do_not_overlap(witness, records)
    for key in world.store.entries:
        if key.startswith(LEFTOVERS):
            witness.bad("left for ever", key)


def _each_due_instant_has_one_record(witness: Witness, records: dict[str, Record]) -> None:
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    excused = _excused(witness)
    for record in records.values():
        if record.covers:
            counts[record.unit].update(record.covers)
        elif not record.attempt and not record.manual:
            counts[record.unit][record.due] += 1
    for name, unit in witness.units.items():
        for due in unit.due():
            recorded = counts[name].pop(due, 0)
            if recorded != 1 and not (recorded == 0 and (name, due) in excused):
                witness.bad("recorded twice" if recorded else "no record", f"{name}@{due}")
        for due in counts[name]:
            if due in unit.optional and counts[name][due] == 1:
                continue
            witness.bad("recorded though not in force", f"{name}@{due}")


def _excused(witness: Witness) -> set[tuple[str, int]]:
    """The instants, by unit, that only a disk stood for which was lost."""
    excused = set()
    for run in witness.excused:
        owed = witness.owed[run]
        dues = owed.gap if owed.attempt or owed.manual else (*owed.gap, owed.due)
        excused |= {(owed.unit, due) for due in dues}
    return excused


def _the_record_is_true(world: World, run: str, owed: Owed, record: Record | None) -> None:
    witness = world.witness
    if record is None:
        if run in witness.excused:
            world.count("no record: it was lost with a disk")
        else:
            witness.bad("owed but no record", run)
        return
    marked = record.lost and record.outcome != LOST
    world.count(f"record: {record.outcome}" + (", marked lost" if marked else ""))
    if witness.starts[run] and record.outcome in NEVER_STARTED:
        witness.bad("the record says it never started", run)
    if run in witness.told and record.outcome == LOST:
        witness.bad("a true outcome was overwritten", run)
    if record.lost and run not in witness.orphaned:
        witness.bad("marked lost though its worker lived", run)
    if run in witness.to_be_marked and not record.lost:
        witness.bad("outlived its lease and is not marked", run)
    called_off = record.outcome == LOST and run in witness.meant
    again = _is_to_be_retried(owed, record) and not called_off
    if again and _next(run, record) not in world.log.records.keys() | witness.excused:
        witness.bad("a retry was forgotten", run)


def _is_to_be_retried(owed: Owed, record: Record) -> bool:
    if record.outcome == LOST:
        return reruns(owed)
    failed = record.outcome == FAILED and record.attempt < owed.job.retries
    return not record.lost and (failed or (record.outcome == UNKNOWN and reruns(owed)))


def _next(run: str, record: Record) -> str:
    return f"{run.partition('+')[0]}+{record.attempt + 1}"


def _each_trigger_has_one_record(witness: Witness, records: Iterable[Record]) -> None:
    taken = Counter(record.manual for record in records if record.manual and not record.attempt)
    excused = {witness.owed[run].manual for run in witness.excused}
    for trigger in witness.triggers:
        if taken[trigger] != 1 and not (taken[trigger] == 0 and trigger in excused):
            witness.bad("a trigger without exactly one record", trigger)


def _runs_do_not_overlap(witness: Witness, records: dict[str, Record]) -> None:
    for spans in witness.spans.values():
        spans.sort(key=lambda span: (span.begin, span.end))
        for first, later in combinations(spans, 2):
            allowed = "allow" in (first.overlap, later.overlap)
            marked = first.run in records and records[first.run].lost
            if later.begin < first.end and not allowed and not marked:
                witness.bad("an overlap without a mark", f"{first.run} and {later.run}")
