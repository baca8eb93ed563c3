"""Ends that an executor made durable, as its link tells them: in short, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass

from worker.orders import Ends, Over
from worker.spooled import Range


@dataclass(frozen=True, slots=True)
class EndsTold:
    """How runs ended: all that lies in the `range`, and nothing else does.

    With `again` another life of the worker may have heard it before. `cut` as in `Ends`.
    """

    range: Range
    over: tuple[Over, ...]
    again: bool = False
    cut: int = 0

    @classmethod
    def of(cls, home: str, number: int, ends: Ends, again: bool = False) -> EndsTold:
        """What executor `number` of that home told."""
        place = Range(home, number, ends.part, ends.turn, ends.begin, ends.end)
        return cls(place, ends.over, again, ends.cut)
