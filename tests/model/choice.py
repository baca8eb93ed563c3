"""Which due instant of a unit is next to be settled, and how."""

from __future__ import annotations

from dataclasses import dataclass

from tests.model.clock import CATCH_UP_WINDOW
from tests.model.jobs import Job

TOO_LATE, NO_WORKER, NO_SLOT = "too late", "no worker", "no slot"
CATCH_UP_LIMIT = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """An instant, those passed over before it, and "" or why it is not run.

    `caught_up` says that it is run although its start deadline has passed.
    """

    due: int
    gap: tuple[int, ...]
    missed: str = ""
    caught_up: bool = False


def choose(job: Job, fired: int, wall: int, ahead: int) -> Choice | None:
    """The first instant after the watermark that is still to be run; None: nothing is due.

    Where all that is due is too old, the last of it is missed by itself. `wall` is the worker's
    clock, and what is due within `ahead` ms is chosen already.
    """
    owed = job.due(fired, wall + ahead)
    if not owed:
        return None
    oldest = wall - job.start_deadline
    inside = _caught_up(job, owed, wall) + [instant for instant in owed if instant >= oldest]
    due = inside[0] if inside else owed[-1]
    gap = tuple(instant for instant in owed if instant < due)
    return Choice(due, gap, "" if inside else TOO_LATE, caught_up=bool(inside) and due < oldest)


def _caught_up(job: Job, owed: list[int], wall: int) -> list[int]:
    """Those beyond the start deadline that are run all the same: the latest of them."""
    most = {"skip": 0, "latest": 1, "all": CATCH_UP_LIMIT}[job.catch_up]
    window = range(wall - CATCH_UP_WINDOW, wall - job.start_deadline)
    return [instant for instant in owed if instant in window][-most:] if most else []
