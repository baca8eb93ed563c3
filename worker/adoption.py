"""How a worker finds the watermarks of jobs, and makes or moves them where nobody else did."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from common import keys
from common.constants import FORGET_WATERMARK_SECONDS
from common.moving import moving
from common.store import Absent, Entry, RevisionIs, Store, Transaction
from worker.asks import Adopt, Retire
from worker.verdict import watermark_of

log = logging.getLogger(__name__)

MANY = 20
"""Of so many jobs the watermarks are read at once, with those of all between them by name."""
AT_ONCE = 100
"""So many transactions make a request."""


def adopt(store: Store, now_ms: int, asks: Sequence[Adopt]) -> dict[str, tuple[int, int]]:
    """Job revision and watermark (epoch ms) of each job that still is as asked.

    A job without a watermark gets one at now; one that was changed or made anew by hand has it
    moved as a save of ours would. A job that changed meanwhile is left out: the watch brings it.
    """
    entries = _entries(store, asks)
    adopted = {}
    for ask in asks:
        fired = _adopt_one(store, now_ms, ask, entries.get(keys.fired(ask.name)))
        if fired is not None:
            adopted[ask.name] = (ask.job_revision, fired)
    return adopted


def _entries(store: Store, asks: Sequence[Adopt | Retire]) -> Mapping[str, Entry]:
    if len(asks) >= MANY:
        asked = sorted(keys.fired(ask.name) for ask in asks)
        return {entry.key: entry for entry in store.between(asked[0], asked[-1])}
    found = (store.get(keys.fired(ask.name)) for ask in asks)
    return {entry.key: entry for entry in found if entry}


def _adopt_one(store: Store, now_ms: int, ask: Adopt, entry: Entry | None) -> int | None:
    for _ in range(10):
        fired = watermark_of(entry)
        if fired is not None and not _to_be_moved(ask, entry):
            return fired
        if entry is not None and fired is None:
            log.warning("%s is malformed; the watermark begins anew", entry.key)
        outcome = store.commit(_move(now_ms, ask, entry))
        entry = store.get(keys.fired(ask.name))
        if outcome.won:
            return watermark_of(entry)
        job = store.get(keys.job(ask.name))
        if job is None or job.revision != ask.job_revision:
            return None
    return None


def _to_be_moved(ask: Adopt, entry: Entry | None) -> bool:
    """Whether the job was changed, or made anew within the day, by somebody who moved nothing.

    A save of ours moves job and watermark at one revision; a claim moves the watermark later.
    """
    if entry is None or entry.revision >= ask.job_revision:
        return False
    return entry.lease != 0 or ask.before is not None or entry.revision < ask.created


def _move(now_ms: int, ask: Adopt, entry: Entry | None) -> Transaction:
    unchanged = (
        RevisionIs(keys.job(ask.name), ask.job_revision),
        RevisionIs(keys.fired(ask.name), entry.revision if entry else 0),
    )
    reason = "the job was changed before this instant was claimed"
    puts = moving(ask.name, watermark_of(entry), now_ms, ask.before, reason)
    return Transaction(unchanged, puts)


def retire(store: Store, now_ms: int, asks: Sequence[Retire]) -> bool:
    """Keep deleted jobs' watermarks for a day, where our master's deletion did not; always True.

    All hang on one lease. What was asked about a job twice is done by the last of it.
    """
    entries = _entries(store, asks)
    found = {ask.name: (ask, entries.get(keys.fired(ask.name))) for ask in asks}
    due = [(ask, entry) for ask, entry in found.values() if entry and _is_due(ask, entry)]
    if not due:
        return True
    lease, won = store.grant(FORGET_WATERMARK_SECONDS), False
    for start in range(0, len(due), AT_ONCE):
        part = [_forget(now_ms, ask, entry, lease) for ask, entry in due[start : start + AT_ONCE]]
        won = any(outcome.won for outcome in store.commit_many(part)) or won
    if not won:
        store.revoke(lease)
    return True


def _is_due(ask: Retire, entry: Entry) -> bool:
    return not entry.lease and entry.revision < ask.revision


def _forget(now_ms: int, ask: Retire, entry: Entry, lease: int) -> Transaction:
    unchanged = (
        Absent(keys.job(ask.name)),
        RevisionIs(keys.fired(ask.name), entry.revision),
    )
    reason = "the job was deleted before this instant was claimed"
    puts = moving(ask.name, watermark_of(entry), now_ms, ask.before, reason, lease)
    return Transaction(unchanged, puts)
