"""An answer that is made while it is sent, on its client's connection."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from master.server_connections import Connection, Connections
from master.server_limits import Limits

_PIECE_BYTES = 1 << 16


class Streaming:
    """The sink of one stream, with a deadline for each piece and one for the whole.

    With `chunks` the end is marked, so that its client can tell it from a break.
    """

    def __init__(
        self,
        link: Connection,
        connections: Connections,
        limits: Limits,
        chunks: bool,
        patient: bool = False,
    ) -> None:
        self._link, self._connections, self._chunks = link, connections, chunks
        self._write_seconds = (
            limits.patient_write_seconds if patient else limits.stream_write_seconds
        )
        self._end = time.monotonic() + limits.stream_seconds
        # Who asks `is_over` sees its time run out before it is cut.
        self._cut = self._end + limits.stream_write_seconds
        self._wait(self._cut)

    def write(self, data: bytes) -> None:
        """Send this; OSError when the client is gone, or takes a piece for too long."""
        for start in range(0, len(data), _PIECE_BYTES):
            piece = data[start : start + _PIECE_BYTES]
            self._send(b"%x\r\n%b\r\n" % (len(piece), piece) if self._chunks else piece)

    def finish(self) -> None:
        """All was written."""
        if self._chunks:
            self._send(b"0\r\n\r\n")

    @property
    def is_gone(self) -> bool:
        """Whether the client has closed its end."""
        try:
            return not self._link.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    @property
    def is_over(self) -> bool:
        """Whether the server stops, or the stream's time is up."""
        return self._connections.leaving or time.monotonic() >= self._end

    def call_when_over(self, wake: Callable[[], None]) -> None:
        """Let `wake` be called, from any thread, once the server stops; at once if it does."""
        self._connections.call_when_leaving(self._link, wake)

    def _send(self, piece: bytes) -> None:
        self._wait(min(time.monotonic() + self._write_seconds, self._cut))
        self._link.sock.sendall(piece)
        self._wait(self._cut)

    def _wait(self, deadline: float) -> None:
        self._connections.wait_until(self._link, deadline, busy=True)
