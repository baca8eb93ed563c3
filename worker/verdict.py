"""Why a claim's transaction lost, read from what it saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common import keys
from common.errors import InvalidField
from common.owed import Owed, unpack
from common.store import Entry
from common.watermark import watermark_of
from worker.claim import Claim

Reads = Mapping[str, Entry | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stood in the way. `ours` is the revision at which the very claim was made before, or 0.

    `fired` is the watermark (epoch ms), None where there is none that can be read; `lock` is None
    where it is free.
    """

    ours: int
    renounced: bool
    job_changed: bool
    fired: int | None
    lock: Entry | None


def judge(claim: Claim, owed: Owed, reads: Reads) -> Verdict:
    """Judge a lost transaction that would have written `owed`, by what its other branch read."""
    job = reads.get(keys.job(claim.name))
    return Verdict(
        ours=_made_before(reads.get(claim.run_key), owed),
        renounced=reads.get(keys.alive(claim.incarnation)) is None,
        job_changed=job is None or job.revision != claim.job_revision,
        fired=_fired(claim, reads),
        lock=reads.get(keys.lock(claim.unit)),
    )


def _fired(claim: Claim, reads: Reads) -> int | None:
    """The watermark; of a trigger what the claim believed as long as it is there unchanged."""
    if not claim.asked:
        return watermark_of(reads.get(keys.fired(claim.unit)))
    trigger = reads.get(keys.trigger(claim.name, claim.manual))
    return claim.fired if trigger and trigger.revision == claim.asked else None


def _made_before(entry: Entry | None, owed: Owed) -> int:
    """An answer was lost and the claim sent again: the key then says what we would write."""
    if entry is None:
        return 0
    try:
        there = unpack(entry.value)
    except InvalidField:
        return 0
    same = (there.state, there.incarnation, there.outcome, there.plan_time) == (
        owed.state,
        owed.incarnation,
        owed.outcome,
        owed.plan_time,
    )
    return entry.revision if same else 0
