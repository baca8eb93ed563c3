"""The thread that accepts: it gives each connection a thread of its own, or turns it away."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable

from master.guard import Guard
from master.peer import is_local, plain_address
from master.request import Refused
from master.server_connections import Connection, Connections
from master.server_limits import Limits
from master.server_socket import turn_away

_PAUSE_SECONDS = 1.0
_SAY_EVERY_SECONDS = 10.0

log = logging.getLogger(__name__)


class Acceptor:
    """Owns the listening socket. `converse` is run for each connection, which it must remove."""

    name = "http server"

    def __init__(
        self,
        listener: socket.socket,
        connections: Connections,
        guard: Guard,
        limits: Limits,
        converse: Callable[[Connection], None],
    ) -> None:
        self._listener, self._connections = listener, connections
        self._guard, self._limits, self._converse = guard, limits, converse
        self._stopping = threading.Event()
        self._turned_away, self._said_at = 0, float("-inf")

    def step(self) -> None:
        """Wait for one connection and see to it."""
        try:
            sock, raw = self._listener.accept()
        except OSError as error:
            self._explain(error)
        else:
            self._take(sock, raw)

    def wake(self) -> None:
        """End the accepting, now and for good."""
        self._stopping.set()
        # On Linux this ends an accept() that is under way, and every later one.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the address back; safe twice."""
        self._listener.close()

    def _explain(self, error: OSError) -> None:
        """Pass over a client that left while it waited; pause when descriptors have run out."""
        if self._stopping.is_set() or isinstance(error, ConnectionAbortedError):
            return
        log.warning("cannot accept a connection (%s): again in %.0f s", error, _PAUSE_SECONDS)
        self._stopping.wait(_PAUSE_SECONDS)

    def _take(self, sock: socket.socket, raw: tuple[object, ...]) -> None:
        try:
            connection = Connection(sock, plain_address(raw), plain_address(sock.getsockname()))
            self._check_room(connection)
            self._begin(connection)
        except Refused as refused:
            turn_away(sock, refused.reply)
        except OSError:
            sock.close()

    def _check_room(self, connection: Connection) -> None:
        """Raise Refused (503, or 403) when there is no room for one more of this client's."""
        everyone, same = self._connections.counts(connection.peer[0])
        full = everyone >= self._limits.connections
        if not full and same >= self._limits.connections_per_address:
            if is_local(connection.peer, connection.here):
                self._guard.visitor(connection.peer, connection.here)
            else:
                full = True
        if full:
            self._count_away(connection.peer[0], everyone)
            raise Refused(503, "too many connections: try again", (("Retry-After", "1"),))

    def _count_away(self, host: str, everyone: int) -> None:
        """Log the first of a burst and then a count now and then: a flood must not fill the log."""
        self._turned_away += 1
        if time.monotonic() - self._said_at < _SAY_EVERY_SECONDS:
            return
        self._said_at = time.monotonic()
        log.warning(
            "%d connections are open: turning away %s (%d turned away so far)",
            everyone,
            host,
            self._turned_away,
        )

    def _begin(self, connection: Connection) -> None:
        """Start the connection's thread; without one, or at the server's end, just close it."""
        if not self._connections.add(connection):
            connection.close()
            return
        name = f"http {connection.peer[0]}:{connection.peer[1]}"
        thread = threading.Thread(target=self._converse, args=(connection,), name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            log.warning("%s cannot be served: %s", name, error)
            self._connections.remove(connection)
