"""How much of outputs an executor's spool keeps, as it fills."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from worker.end_words import NOT_KEPT, ONLY_ITS_END
from worker.kept_end import KeptEnd

log = logging.getLogger(__name__)

TAIL_BYTES = 4096
"""What is kept of an output where more than half of the space is in use."""
SAID = ("all", "only the end", "nothing")


class OutputBounds:
    """Belongs to the spool's thread; `share` is how many bytes it is to use at most.

    Less is kept of outputs when more than half of that is in use, and none when nine tenths are, or
    the disk is full. An end without output is kept in any case.
    """

    def __init__(self, share: int) -> None:
        self._half, self._most = share // 2, share * 9 // 10
        self._said = 0

    def fitted(self, ends: Sequence[KeptEnd], size: int, full: bool) -> Sequence[KeptEnd]:
        """The ends, each with as much of its output as it may have where `size` bytes are used."""
        if not full and size + sum(len(end.kept) for end in ends) <= self._half:
            return ends
        fitted = []
        for end in ends:
            less = end if size + len(end.kept) <= self._half else end.less(TAIL_BYTES, ONLY_ITS_END)
            if full or size + len(less.kept) > self._most:
                less = end.less(0, NOT_KEPT)
            size += len(less.kept)
            fitted.append(less)
        return fitted

    def say(self, size: int, full: bool) -> None:
        """Say once how much is kept of outputs, where that is less than before."""
        grade = 2 if full or size > self._most else int(size > self._half)
        if grade > self._said:
            why = "its disk is full" if full else f"{size} bytes wait to be recorded"
            log.error("the spool keeps %s of outputs now: %s", SAID[grade], why)
            self._said = grade
        elif not grade and self._said and size <= self._half // 2:
            log.warning("the spool keeps %s of outputs again", SAID[0])
            self._said = 0
