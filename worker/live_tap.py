"""What a followed run prints, on its way to whoever looks: in bounded memory and at a bounded rate,
secrets hidden, in whole characters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from worker.masks import Masks
from worker.output import continuation_bytes, whole_characters

FIRST_BYTES = 65536, 65536
"""So much of what a run has printed already is shown first: of its beginning, and of its end."""
BYTES_PER_SECOND = 65536
MOST_PENDING, LEFT_PENDING = 65536, 16384
"""Of what is printed faster than it may be told only the newest is kept: so much, of so much."""


@dataclass(frozen=True, slots=True)
class Part:
    """What was printed from byte `start` to before `end`, its secrets hidden."""

    start: int
    end: int
    output: bytes


@dataclass(slots=True)
class _Piece:
    """Bytes that follow each other; `cut` says that what was before them is not shown."""

    start: int
    data: bytearray
    cut: bool = False


class Tap:
    """What is still to be told of one run. The run's thread puts into it, another one pulls."""

    def __init__(
        self, masks: Masks, head: bytes, tail_start: int, tail: bytes, printed: Callable[[], None]
    ) -> None:
        """`printed` is called when there is something where there was nothing."""
        self._masks, self._printed = masks, printed
        self._lock, self._pulling = threading.Lock(), threading.Lock()
        self._pieces = [_Piece(0, bytearray(head))]
        self._size = len(head)
        self._most = self._room = sum(FIRST_BYTES) + MOST_PENDING
        self._refilled = 0.0
        self._told = False
        if tail:
            self._add(tail_start, tail)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be pulled, as far as it is known."""
        return not self._size and self._told

    def take(self, start: int, printed: bytes) -> None:
        """What was printed from byte `start` on; from the run's thread."""
        with self._lock:
            first = not self._size
            over = self._size + len(printed) > self._most
            if over and len(printed) > LEFT_PENDING:
                # Most of it would be dropped at once; a run that prints a lot is not to wait.
                gone = len(printed) - LEFT_PENDING
                self._pieces = [_Piece(start + gone, bytearray(printed[gone:]), cut=True)]
                self._size = LEFT_PENDING
            else:
                self._add(start, printed)
                if over:
                    self._drop()
        if first:
            self._printed()

    def tell(self, hear: Callable[[Part], None], now: float, last: bool = False) -> None:
        """Let `hear` have what may be told by now (monotonic), with `last` all that there is.

        The first time something is always told, and if it is that there is nothing.
        """
        with self._pulling:
            with self._lock:
                parts = self._pull(now, last)
            for part in parts:
                hear(part)

    def _add(self, start: int, data: bytes) -> None:
        piece = self._pieces[-1]
        if piece.start + len(piece.data) == start:
            piece.data += data
        else:
            self._pieces.append(_Piece(start, bytearray(data), cut=True))
        self._size += len(data)

    def _drop(self) -> None:
        piece = self._pieces[-1]
        gone = max(0, len(piece.data) - LEFT_PENDING)
        piece.start, piece.cut = piece.start + gone, True
        del piece.data[:gone]
        self._pieces = [piece]
        self._size = len(piece.data)

    def _pull(self, now: float, last: bool) -> list[Part]:
        """What may be told by now of each piece; the last one may go on."""
        gained = int((now - self._refilled) * BYTES_PER_SECOND)
        self._room = min(self._room + gained, self._most)
        self._refilled, self._most = now, MOST_PENDING
        room = sum(FIRST_BYTES) + MOST_PENDING if last else self._room
        parts: list[Part] = []
        while room > 0:
            piece = self._pieces[0]
            ends = last or len(self._pieces) > 1
            part = self._part(piece, room, ends, cut_end=len(self._pieces) > 1)
            room -= part.end - part.start
            if part.end > part.start or not self._told:
                parts.append(part)
                self._told = True
            # The last piece stays, also when it is empty: what comes next may follow it.
            if piece.data or len(self._pieces) == 1:
                break
            self._pieces.pop(0)
        self._room = max(0, room)
        return parts

    def _part(self, piece: _Piece, room: int, ends: bool, cut_end: bool) -> Part:
        """Take what may be shown off the beginning of a piece; nothing follows one that `ends`."""
        if piece.cut:
            self._take_off(piece, continuation_bytes(piece.data))
        text, torn = bytes(piece.data[:room]), False
        if not (ends and len(text) == len(piece.data)):
            end = self._masks.clear(text[: whole_characters(text)])
            # A secret that is longer than all that may wait is cut through.
            torn = cut_end = not end and len(text) >= MOST_PENDING
            text = text if torn else text[:end]
        start = piece.start
        shown = self._masks.hide(text, cut_start=piece.cut, cut_end=cut_end)
        self._take_off(piece, len(text))
        piece.cut = torn or (piece.cut and self._masks.hold(text))
        return Part(start, start + len(text), shown)

    def _take_off(self, piece: _Piece, count: int) -> None:
        del piece.data[:count]
        piece.start += count
        self._size -= count
