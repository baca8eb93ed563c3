"""How a change of a job moves its watermark: what it still owed is accounted for, never lost.

Used by a save or deletion on the master, and by a worker that sees a change made by hand or by
the Go master.
"""

from __future__ import annotations

from dataclasses import dataclass

from common import keys
from common.owed import COMMAND_CHARACTERS, ENDED, NOBODY, Owed, gap_between, pack
from common.record import MISSED
from common.schedule import Schedule
from common.store import Put
from common.watermark import pack_watermark


@dataclass(frozen=True, slots=True)
class Before:
    """What a job was before the change: its schedule, command and revision.

    `rests_until` is `Job.rests_until`: what lies before it is no due instant.
    """

    schedule: Schedule
    command: str
    job_revision: int
    rests_until: int = 0

    def is_due_as(self, other: Before) -> bool:
        """Whether both are due at the same instants."""
        return self.schedule == other.schedule and self.rests_until == other.rests_until


def due_since(fired_ms: int, rests_until: int) -> int:
    """After which instant (epoch ms) a job is due: its watermark, or the end of its pause."""
    return max(fired_ms, rests_until - 1)


def moved(fired_ms: int | None, now_ms: int) -> int:
    """Where the watermark goes: to now, and always beyond where it was."""
    return now_ms if fired_ms is None else max(now_ms, fired_ms + 1)


def moving(
    name: str,
    fired_ms: int | None,
    now_ms: int,
    before: Before | None,
    reason: str,
    lease: int = 0,
    share: str = "",
) -> tuple[Put, ...]:
    """The puts that move the watermark of a unit, and record as missed what was owed until now.

    `lease` is that of a watermark which is over. They belong into one transaction that compares
    the job's revision and the watermark.
    """
    at = moved(fired_ms, now_ms)
    unit = keys.unit(name, share)
    put = Put(keys.fired(unit), pack_watermark(at), lease)
    owed = _missed(before, fired_ms, at, reason) if before and fired_ms is not None else None
    if owed is None:
        return (put,)
    return put, Put(keys.run(name, keys.run_id(unit, owed.plan_time)), pack(owed))


def _missed(before: Before, fired_ms: int, upto_ms: int, reason: str) -> Owed | None:
    """What accounts for all that was due behind the watermark, up to an instant; None for nothing.

    It lies at the last of these instants.
    """
    since = due_since(fired_ms, before.rests_until)
    last = before.schedule.last_before(upto_ms + 1, since + 1) if since < upto_ms else None
    if last is None:
        return None
    return Owed(
        state=ENDED,
        incarnation=NOBODY,
        plan_time=last,
        attempt=0,
        job_revision=before.job_revision,
        outcome=MISSED,
        reason=reason,
        err=reason,
        gap=gap_between(before.schedule, since, last, reason),
        command=before.command[:COMMAND_CHARACTERS],
    )
