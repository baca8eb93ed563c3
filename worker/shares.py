"""Shares: the units of a job that runs on several hosts, and this worker's rank for each.

With `hosts` `all` each worker has a share of its own, called by its name: nobody else ever claims
it. With a number the shares are 0, 1 and so on; the first for share k is the k-th of all that may
run the job, in the order of its slot; who has no share steps in first where it does not come, then
the others. Owned by the scheduler's thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from common.record import NO_WORKER
from worker.planned import Planned
from worker.slots import RANKS

ONE = ("",)


@dataclass(frozen=True, slots=True)
class Ranking:
    """A worker's rank for a unit, None where others come first or the unit rests.

    `hindrance` is "" or why nobody runs it: no worker, or fewer workers than the job wants.
    `rests` where the unit is this worker's alone and it may not run the job; `unknown` where it is
    not said yet whether it may: then what was known before goes on.
    """

    rank: int | None
    hindrance: str = ""
    rests: bool = False
    unknown: bool = False


def shares_of(hosts: str | int, me: str) -> tuple[str, ...]:
    """The shares of a job that are this worker's business; "" is that of a job on any host."""
    if hosts == "any":
        return ONE
    return tuple(map(str, range(hosts))) if isinstance(hosts, int) else (me,)


def own_ranking(may_run: bool | None) -> Ranking:
    """Of a unit that is this worker's alone; None: it is not known yet whether it may run it."""
    return Ranking(0 if may_run else None, rests=may_run is False, unknown=may_run is None)


def numbered_ranking(share: int, job: Planned, order: Sequence[str], me: str) -> Ranking:
    """Of a numbered share, by the order of all that may run the job; it must not be empty.

    Where they are fewer than the job wants, the first of them see that the others are recorded.
    """
    there, wanted = len(order), job.terms.hosts
    place = order.index(me) if me in order else None
    if share >= there:
        why = f"{NO_WORKER}: only {there} of {wanted} workers that it is to run on were there"
        return Ranking(place if place is not None and place < RANKS else None, why)
    if place is None or not isinstance(wanted, int):
        return Ranking(None)
    rank = _rank(share, place, wanted, there)
    return Ranking(rank if rank is not None and rank < RANKS else None)


def _rank(share: int, place: int, wanted: int, there: int) -> int | None:
    """The rank for a share of who has this place in the order.

    Who has no share of its own steps in first, so that no worker has two while there are others.
    """
    spare = there - wanted
    if spare <= 0:
        return (place - share) % there
    if place >= wanted:
        return 1 + (place - wanted - share) % spare
    after = (place - share) % wanted
    return after and spare + after
