"""The frames of an HTTP/2 server, as far as to keep back those that carry a stream's data.

A stream that falls silent while its connection answers pings looks healthy to every keep-alive.
(RFC 9113, section 4.1: 9 bytes of length, type, flags and stream, then the payload.)
"""

from __future__ import annotations

HEADER = 9
DATA, HEADERS = 0, 1
OLD_SECONDS = 2.0


class FrameFilter:
    """Cuts what one server says to one client into frames, and keeps some back."""

    def __init__(self) -> None:
        self._rest = b""
        self._born: dict[int, float] = {}

    def feed(self, data: bytes, now: float, muted: bool) -> bytes:
        """What may be passed on of the bytes so far, in whole frames; `now` in seconds."""
        data = self._rest + data
        passed = []
        while len(data) >= HEADER and len(data) >= (size := HEADER + _length(data)):
            frame, data = data[:size], data[size:]
            if not (self._is_old(frame, now) and muted):
                passed.append(frame)
        self._rest = data
        return b"".join(passed)

    def _is_old(self, frame: bytes, now: float) -> bool:
        """Whether it is data of a stream that has been open for some time."""
        stream = int.from_bytes(frame[5:9], "big") & 0x7FFFFFFF
        if frame[3] == HEADERS:
            self._born.setdefault(stream, now)
        return frame[3] == DATA and now - self._born.get(stream, now) > OLD_SECONDS


def _length(data: bytes) -> int:
    return int.from_bytes(data[:3], "big")
