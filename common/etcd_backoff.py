"""How long to wait before something is tried again."""

from __future__ import annotations

import random


class Backoff:
    """Pauses that double from `least` to `most` seconds, each shortened at random by up to half."""

    def __init__(self, least: float, most: float) -> None:
        self._least = least
        self._most = most
        self._next = least

    def pause(self) -> float:
        """The seconds to wait now."""
        pause = self._next * random.uniform(0.5, 1.0)
        self._next = min(self._most, self._next * 2)
        return pause

    def reset(self) -> None:
        """Begin anew, because it worked."""
        self._next = self._least
