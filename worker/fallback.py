"""When too many keys wait for the log store: those of ends that lie in the spool go before that.

Each run whose record is not stored yet leaves a key. So that those of all workers do not fill etcd
while the log store is away, a worker has only so many; beyond that the disk of its host alone
stands for what more of its runs is to be recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from worker.left import Left

log = logging.getLogger(__name__)

MOST_UNRECORDED, LEAST_UNRECORDED, OF_ALL = 50_000, 1_000, 500_000
"""So many keys one worker may leave, and all of them together; but each at least the second."""
KEPT = 0.8
"""Down to this part of them are let go, and until there are fewer."""
AT_ONCE = 500


def most_unrecorded(workers: int) -> int:
    """How many keys each of so many workers may leave."""
    return min(MOST_UNRECORDED, max(LEAST_UNRECORDED, OF_ALL // max(1, workers)))


class Fallback:
    """Belongs to the claimer's thread; `gone` counts the keys that were let go, for any."""

    def __init__(self, left: Left, most: Callable[[], int]) -> None:
        self._left = left
        self._most = most
        self.is_on = False
        self.gone = 0

    @property
    def is_behind(self) -> bool:
        """Whether further keys are to be let go."""
        return self.is_on and self._left.standing > self._kept and self._left.durable > 0

    @property
    def _kept(self) -> int:
        return int(self._most() * KEPT)

    def goes(self, durable: bool) -> bool:
        """Whether a key is not even left that would stand for an end, if that is `durable`."""
        if self.is_on and durable:
            self.gone += 1
        return self.is_on and durable

    def look(self) -> list[tuple[str, int]]:
        """The keys that go now, oldest first, with their revisions; they are not known any more."""
        standing = self._left.standing
        if not self.is_on and standing > self._most():
            self.is_on = True
            log.warning(
                "%d runs are not recorded yet: until the log store has fewer to take, keys of runs"
                " go whose ends are on this host's disk, which alone stands for their records then",
                standing,
            )
        elif self.is_on and standing < self._kept:
            self.is_on = False
            log.info("%d runs are not recorded yet: each has its key from now on", standing)
        if not self.is_on:
            return []
        going = self._left.spare(min(AT_ONCE, standing - self._kept))
        self.gone += len(going)
        return going
