"""Looking for a pattern in all lines that a command prints, also in those that are not kept.

A line ends with LF or with CR LF; neither is part of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from common.fail_pattern import compiled

LONGEST_LINE_BYTES = 65536
"""A longer line is looked at in pieces of at least this size."""
BEFORE_BYTES, BEHIND_BYTES = 40, 160


@dataclass(frozen=True, slots=True)
class Found:
    """The first match: in which line (from 1), and what of that stands around it.

    `cut_start` and `cut_end` say that the line goes on there.
    """

    line: int
    excerpt: bytes
    cut_start: bool
    cut_end: bool


class Search:
    """Takes what a command prints until the pattern was found. Holds less than a line's 64 KiB."""

    def __init__(self, pattern: str) -> None:
        """ValueError when the pattern is none."""
        self.found: Found | None = None
        self._pattern = compiled(pattern)
        self._rest = bytearray()
        self._piece = False
        self._lines = 0

    def take(self, printed: bytes) -> None:
        """Look at the lines that are whole now."""
        if self.found is not None:
            return
        end = printed.rfind(b"\n") + 1
        if end:
            self._look(bytes(self._rest) + printed[:end], whole=True)
            self._rest.clear()
        self._rest += printed[end:]
        if len(self._rest) >= LONGEST_LINE_BYTES:
            self._look(bytes(self._rest), whole=False)
            self._rest.clear()

    def finish(self) -> Found | None:
        """Nothing more comes: look at the last line, if it has no end, and say what was found."""
        if self.found is None and self._rest:
            self._look(bytes(self._rest), whole=True)
            self._rest.clear()
        return self.found

    def _look(self, block: bytes, whole: bool) -> None:
        """Search lines, the first of which may have begun before and the last may go on."""
        if b"\r\n" in block:
            # Else a pattern that ends in `$` would find no line of these.
            block = block.replace(b"\r\n", b"\n")
        if self.found is None and (match := self._pattern.search(block)):
            self.found = self._around(block, match.start(), whole)
        self._lines += block.count(b"\n")
        self._piece = not whole

    def _around(self, block: bytes, at: int, whole: bool) -> Found:
        begin = block.rfind(b"\n", 0, at) + 1
        newline = block.find(b"\n", at)
        end = newline if newline >= 0 else len(block)
        low, high = max(begin, at - BEFORE_BYTES), min(end, at + BEHIND_BYTES)
        cut_start = low > begin or (begin == 0 and self._piece)
        cut_end = high < end or (newline < 0 and not whole)
        line = self._lines + block.count(b"\n", 0, at) + 1
        return Found(line, block[low:high], cut_start, cut_end)
