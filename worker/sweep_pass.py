"""A look through all that is owed, as far as it is made."""

from __future__ import annotations

from dataclasses import dataclass, field

from common.owed import Owed
from worker.takeovers import Owing


@dataclass(slots=True)
class Pass:
    """A look that is under way for an incarnation of ours: what was found, up to which key.

    `ended` are the dead that it was begun for, `awaited` the runs of which no key was seen yet, and
    `alone` those of which only that can say anything; `is_idle` says that nothing waited to be
    recorded when it was begun.
    """

    incarnation: str
    ended: set[str]
    awaited: set[str]
    alone: set[str]
    is_idle: bool
    upto: str = ""
    read: dict[str, tuple[int, Owed]] = field(default_factory=dict)
    others: list[Owing] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
