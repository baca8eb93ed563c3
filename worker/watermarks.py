"""How the watermark of a job that others than our master changed is moved, or begun.

Nothing here speaks to a store or reads a clock.
"""

from __future__ import annotations

from common import keys
from common.moving import Before, moved, moving
from common.store import Entry, Read, RevisionIs, Transaction
from common.watermark import watermark_of
from worker.asks import Adopt, Retire
from worker.history import in_force

DELETED = "the job was deleted before this instant was claimed"
MOVED = "the job was no longer to run there before this instant was claimed"
CLAIMED_AHEAD_MS = 500
"""A claim is made at most so long before its instant."""


def read_for(ask: Adopt, entry: Entry | None) -> int | None:
    """The watermark (epoch ms) as far as one of ours wrote it: none of ours ever goes back."""
    fired = watermark_of(entry)
    return None if fired is None or fired < ask.stood else fired


def wrong(ask: Adopt, entry: Entry | None) -> str:
    """What is wrong with a watermark that has to begin anew; "" where nothing is."""
    if entry is None:
        return "was gone" if ask.stood else ""
    if read_for(ask, entry) is not None:
        return ""
    return "was malformed" if watermark_of(entry) is None else "went back"


def stays(ask: Adopt, entry: Entry | None) -> int | None:
    """The watermark (epoch ms), if it is that of the job as it is; else None.

    A save of ours moves job and watermark at one revision; a claim moves the watermark later. It
    does not stay where somebody changed when the job is due, or made it anew, and moved nothing;
    nor where it rests.
    """
    fired = read_for(ask, entry)
    if entry is None or fired is None or entry.lease:
        return None
    if entry.revision >= ask.job_revision:
        return fired
    if entry.revision < ask.created:
        return None
    before = in_force(ask.versions, entry.revision)
    return fired if before is None or before.is_due_as(ask.versions[-1]) else None


def move(ask: Adopt, entry: Entry | None, now_ms: int) -> tuple[int, Transaction]:
    """Where the watermark goes (epoch ms), and what brings it there; if it is lost it reads both.

    What was in force where the watermark stood is accounted for. One that went, went
    back or cannot be read begins anew after all that may be claimed by now: nothing runs twice.
    """
    key = keys.fired(ask.unit)
    fired = read_for(ask, entry)
    if wrong(ask, entry):
        now_ms = max(now_ms + CLAIMED_AHEAD_MS, ask.stood)
    reason = "the job was changed before this instant was claimed"
    puts = moving(ask.name, fired, now_ms, _before(ask, entry), reason, share=ask.share)
    unchanged = (
        RevisionIs(keys.job(ask.name), ask.job_revision),
        RevisionIs(key, entry.revision if entry else 0),
    )
    return moved(fired, now_ms), Transaction(unchanged, puts, (Read(keys.job(ask.name)), Read(key)))


def is_due(ask: Retire, entry: Entry) -> bool:
    """Whether nobody retired the watermark since, or began it anew."""
    return not entry.lease and (entry.revision < ask.revision or bool(ask.job_revision))


def forget(ask: Retire, entry: Entry, now_ms: int, lease: int) -> Transaction:
    """Keep a watermark that is over for as long as the lease, and what it owed for good."""
    unchanged = (
        RevisionIs(keys.job(ask.name), ask.job_revision),
        RevisionIs(keys.fired(ask.unit), entry.revision),
    )
    reason = MOVED if ask.job_revision else DELETED
    before = _before(ask, entry)
    puts = moving(ask.name, watermark_of(entry), now_ms, before, reason, lease, ask.share)
    return Transaction(unchanged, puts, (Read(keys.job(ask.name)),))


def _before(ask: Adopt | Retire, entry: Entry | None) -> Before | None:
    """What the job was where its watermark stands, as far as is known; None where that rests."""
    if entry is None or entry.lease:
        return None
    version = in_force(ask.versions, entry.revision)
    return version.job if version else None
