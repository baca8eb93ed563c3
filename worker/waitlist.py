"""The waitlist: units that are due and wait for room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable


class Waitlist:
    """Names in the order in which they came; each stands in it once.

    Owned by the scheduler's thread. Who stands first is found at once, however many have left.
    """

    def __init__(self) -> None:
        self._names: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._names)

    def join(self, name: str) -> None:
        """Stand at the end; who stands in it already keeps the place."""
        self._names.setdefault(name)

    def leave(self, name: str) -> None:
        """Stand in it no more."""
        self._names.pop(name, None)

    def take(self, is_busy: Callable[[str], bool]) -> str | None:
        """Take out the first who is not busy; those keep their places. None: there is nobody."""
        name = next((each for each in self._names if not is_busy(each)), None)
        if name is not None:
            del self._names[name]
        return name
