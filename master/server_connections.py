"""The open connections, and the instants at which they are cut."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable

from master.request import Address
from master.server_limits import Limits

NEVER = float("inf")

log = logging.getLogger(__name__)


class Connection:
    """One accepted socket, and the instant (monotonic seconds) at which it is cut.

    Its own thread reads and writes it; any thread may cut it. `busy` is true from the first byte
    of a request to the end of its answer.
    """

    def __init__(self, sock: socket.socket, peer: Address, here: Address) -> None:
        self.sock, self.peer, self.here = sock, peer, here
        self.deadline = NEVER
        self.busy = False
        self._open = threading.Lock()

    def cut(self) -> None:
        """End both directions: whatever reads or writes the socket comes back at once."""
        # The lock keeps the descriptor ours: once closed, its number may be another's.
        with self._open, contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back; safe twice."""
        with self._open, contextlib.suppress(OSError):
            self.sock.close()


class Connections:
    """Every open connection. Its step cuts the late ones and waits for the next deadline."""

    name = "http deadlines"

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._sooner = threading.Condition(self._lock)
        self._fewer = threading.Condition(self._lock)
        self._all: set[Connection] = set()
        self._streams: dict[Connection, Callable[[], None] | None] = {}
        self._next_look = NEVER
        self.leaving = False
        self._woken = False

    def add(self, connection: Connection) -> bool:
        """Take a connection in for its first request; False once the server is leaving."""
        with self._lock:
            if self.leaving:
                return False
            self._all.add(connection)
        self.wait_until(connection, time.monotonic() + self._limits.idle_seconds, busy=False)
        return True

    def remove(self, connection: Connection) -> None:
        """Close a connection and forget it."""
        connection.close()
        with self._lock:
            self._all.discard(connection)
            self._streams.pop(connection, None)
            self._fewer.notify_all()

    def wait_until(self, connection: Connection, deadline: float, busy: bool) -> None:
        """Move a connection's deadline; an idle one is cut at once when the server is leaving."""
        with self._lock:
            connection.deadline, connection.busy = deadline, busy
            if deadline < self._next_look:
                self._sooner.notify()
            cut = self.leaving and not busy
        if cut:
            connection.cut()

    def counts(self, host: str) -> tuple[int, int]:
        """Count all open connections, and those from one address; streams are none of them."""
        with self._lock:
            asking = self._all.difference(self._streams)
            return len(asking), sum(each.peer[0] == host for each in asking)

    def begin_stream(self, connection: Connection) -> bool:
        """Count a connection among the streams; False where they are too many, or we leave."""
        with self._lock:
            if self.leaving or len(self._streams) >= self._limits.streams:
                return False
            self._streams[connection] = None
            return True

    def call_when_leaving(self, connection: Connection, wake: Callable[[], None]) -> None:
        """Let a stream be woken when the server leaves; at once if it does."""
        with self._lock:
            self._streams[connection] = wake
            leaving = self.leaving
        if leaving:
            wake()

    def step(self) -> None:
        """Cut what is late; if nothing is, wait until the next deadline or a sooner one."""
        with self._lock:
            now = time.monotonic()
            late = [each for each in self._all if each.deadline <= now]
            for each in late:
                each.deadline = NEVER
            if not late and not self._woken:
                self._next_look = min((each.deadline for each in self._all), default=NEVER)
                self._sooner.wait(None if self._next_look == NEVER else self._next_look - now)
        for each in late:
            log.debug("%s:%d is cut: its time is up", *each.peer)
            each.cut()

    def leave(self) -> None:
        """Take nobody in any more; cut who is idle, let requests under way be answered.

        Streams that have no end of their own are told to end.
        """
        with self._lock:
            self.leaving = True
            idle = [each for each in self._all if not each.busy]
            woken = [wake for wake in self._streams.values() if wake]
        for wake in woken:
            wake()
        for each in idle:
            each.cut()

    def cut_all(self) -> None:
        """Cut every connection, answered or not."""
        with self._lock:
            everyone = list(self._all)
        for each in everyone:
            each.cut()

    def wait_empty(self, timeout: float) -> bool:
        """Wait until no connection is left; tell whether that came within `timeout` seconds."""
        with self._lock:
            return self._fewer.wait_for(lambda: not self._all, timeout)

    def wake(self) -> None:
        """End the wait of the step, now and from now on."""
        with self._lock:
            self._woken = True
            self._sooner.notify()

    def close(self) -> None:
        """Nothing is left to do: each connection is closed by its own thread."""
