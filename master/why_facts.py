"""The facts of an answer: all that the two stores say of a job, gathered once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from common import keys
from common.changes import DELETED, JobChange, unpack_changes
from common.constants import (
    JOB_FIRED_DIR,
    JOB_LOCK_DIR,
    WORKER_ALIVE_DIR,
)
from common.errors import InvalidField, LogStoreError
from common.job import Job
from common.lock import holder
from common.log_store import LogStore
from common.schedule import Schedule, parse_schedule
from common.store import Entry, Store
from common.trigger import Trigger
from common.watermark import watermark_of
from master.catalog import Listed, listed
from master.run_marks import owed_of, runs_of
from master.units import has_share
from master.why_runs import Happening, of_key, of_record, put_together
from master.why_workers import Worker, read_workers
from master.withdrawing import asked_for

MOST_RECORDS = 1000
"""Of one instant: as many as a job has shares."""
GAPS_OF_ONE, GAPS_OF_SHARES = 4, 1000
"""The gaps of a unit do not overlap, so that one that lies around an instant ends first."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a job at `now` (epoch ms); by unit where a job has several.

    `invalid` says why the job's value cannot be run; `schedule` is None then, and where there is
    no job. `zone` is the job's. `marks` are watermarks, None where one is malformed; `locks` those
    that are held. `alive` are the incarnations that are, `problems` the store's own. `unseen` says
    that the job is not what its last change made it: by hand, or by the Go system's master.
    """

    name: str
    now: int
    zone: str
    listed: Listed | None
    invalid: str
    schedule: Schedule | None
    changes: tuple[JobChange, ...]
    unseen: bool
    marks: Mapping[str, int | None]
    runs: tuple[Happening, ...]
    locks: Mapping[str, Entry]
    triggers: tuple[Trigger, ...]
    workers: tuple[Worker, ...]
    alive: frozenset[str]
    problems: tuple[str, ...]

    @property
    def job(self) -> Job | None:
        """The job as it is; None where there is none that can be read."""
        return self.listed.job if self.listed else None

    def is_gone(self, run: Happening) -> bool:
        """Whether the life of a worker that has a run's key is over."""
        return bool(run.holder) and run.incarnation not in self.alive


def gather(store: Store, name: str, fleet_zone: str, now: int, ahead: Mapping[str, int]) -> Facts:
    """Read everything of a job; the store's errors pass through."""
    entry = store.get(keys.job(name))
    item = listed(entry) if entry else None
    job = item.job if item else None
    changes, changed = _changes(store, name)
    last_zone = changes[-1].timezone if changes else None
    zone = (job.timezone if job else last_zone) or fleet_zone
    schedule, invalid = _schedule(item, zone)
    return Facts(
        name=name,
        now=now,
        zone=zone if not invalid else fleet_zone,
        listed=item,
        invalid=invalid,
        schedule=schedule,
        changes=changes,
        unseen=job is not None
        and (entry.revision if entry else 0) > changed
        and _is_other(job, changes, fleet_zone),
        marks={unit: watermark_of(each) for unit, each in _units(store, JOB_FIRED_DIR, name, job)},
        runs=_runs(store, name),
        locks={u: each for u, each in _units(store, JOB_LOCK_DIR, name, job) if holder(each)},
        triggers=tuple(trigger for _, trigger in asked_for(store, name).values()),
        workers=read_workers(store, ahead),
        alive=frozenset(
            each.key.removeprefix(WORKER_ALIVE_DIR)
            for each in store.snapshot(WORKER_ALIVE_DIR).entries
        ),
        problems=tuple(store.problems()),
    )


def happenings(facts: Facts, logs: LogStore, at: int) -> tuple[list[Happening], str]:
    """What became of the instant `at`: of runs due then, and of gaps around it.

    Also why the log store was not asked, "" where it was: then only what is owed still is known.
    """
    found = [each for each in facts.runs if _is_of(each, at)]
    try:
        found += map(of_record, logs.planned(facts.name, at, at, MOST_RECORDS))
        found += _gaps(facts, logs, at, any(not each.name.manual for each in found))
    except LogStoreError as error:
        return put_together(found), str(error)
    return put_together(found), ""


def _gaps(facts: Facts, logs: LogStore, at: int, known: bool) -> list[Happening]:
    """The recorded gaps around the instant; none are looked for where one run is all there is."""
    alone = facts.job is not None and facts.job.hosts == "any" and len(facts.marks) <= 1
    if alone and known:
        return []
    records = logs.gaps(facts.name, at, GAPS_OF_ONE if alone else GAPS_OF_SHARES)
    told = [of_record(each) for each in records if each.gap_count]
    return [each for each in told if _is_of(each, at)]


def _is_of(each: Happening, at: int) -> bool:
    record = each.record
    if each.is_gap:
        return (record.gap_from or 0) <= at <= (record.gap_to or 0)
    return record.plan_time == at


def _schedule(item: Listed | None, zone: str) -> tuple[Schedule | None, str]:
    if item is None or item.job is None:
        return None, item.invalid if item else ""
    try:
        return parse_schedule(item.job.cron_expr, zone), ""
    except InvalidField as error:
        return None, str(error)


def _changes(store: Store, name: str) -> tuple[tuple[JobChange, ...], int]:
    """The changes that are known, and the revision of the last one."""
    entry = store.get(keys.changes(name))
    return (unpack_changes(entry.value), entry.revision) if entry else ((), 0)


def _is_other(job: Job, changes: Sequence[JobChange], fleet_zone: str) -> bool:
    """Whether a job is due at other instants than its last change says."""
    if not changes:
        return False
    last = changes[-1]
    told = (last.cron_expr, last.timezone or fleet_zone, last.rests_until)
    is_told = (job.cron_expr, job.timezone or fleet_zone, job.rests_until) == told
    return last.what == DELETED or not is_told


def _units(store: Store, directory: str, name: str, job: Job | None) -> Iterator[tuple[str, Entry]]:
    """A key of each of the job's units that has one; of a job that is gone, its own."""
    entry = store.get(directory + name)
    if entry and (job is None or has_share(job, "")):
        yield name, entry
    for each in store.snapshot(f"{directory}{name}#").entries:
        unit = each.key.removeprefix(directory)
        if has_share(job, unit.removeprefix(f"{name}#")):
            yield unit, each


def _runs(store: Store, name: str) -> tuple[Happening, ...]:
    owed = (owed_of(name, entry) for entry in store.snapshot(runs_of(name)).entries)
    return tuple(each for said in owed if said for each in of_key(name, *said))
