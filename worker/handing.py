"""What was handed over, said in the registration: its new owner hears of it, and looks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from common.errors import InvalidField
from common.strict_json import parse_object

MOST = 100
"""So many others are told at a time; who is not comes upon it when it looks at its own time."""


class Handing:
    """How often what waited here was handed to each incarnation; one thread notes, any reads."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called when it is to be said, and must not block."""
        self.counts: Mapping[str, int] = {}
        self._changed = changed

    def note(self, to: str) -> None:
        """Something waits there now."""
        others = [(each, count) for each, count in self.counts.items() if each != to]
        self.counts = {**dict(others[-(MOST - 1) :]), to: self.counts.get(to, 0) + 1}
        self._changed()


def handed_to(registration: bytes, incarnation: str) -> int:
    """How often the worker of a registration handed what waited there to this incarnation."""
    if b'"handed"' not in registration:
        return 0
    try:
        handed = parse_object(registration, "registration").get("handed")
    except InvalidField:
        return 0
    count = handed.get(incarnation) if isinstance(handed, dict) else 0
    return count if isinstance(count, int) else 0
