"""The line: jobs that are due and wait for room."""

from __future__ import annotations

from collections import OrderedDict


class Line:
    """Names in the order in which they came; each stands in it once.

    Owned by the scheduler's thread.
    """

    def __init__(self) -> None:
        self._names: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._names)

    def join(self, name: str) -> None:
        """Stand at the end; who stands in it already keeps the place."""
        self._names.setdefault(name)

    def take(self) -> str:
        """Take out the first; KeyError when there is none."""
        return self._names.popitem(last=False)[0]
