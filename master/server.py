"""The master's HTTP server: a listening socket, bounded connections, a deadline on each."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable

from master.guard import Guard
from master.handler import Handler
from master.peer import is_local, plain_address
from master.request import Address, Refused
from master.routes import Routes
from master.server_connections import Connection, Connections
from master.server_limits import STANDARD, Limits
from master.server_socket import listening_socket, turn_away

__all__ = ["Limits", "Server"]

Died = Callable[[str, BaseException], None]

_CUT_SECONDS = 0.5
_FULL_SECONDS = 1.0

log = logging.getLogger(__name__)


def log_death(name: str, error: BaseException) -> None:
    """Say that a thread is dead; a daemon sets `Server.died` to something that ends it."""
    log.critical("%s died", name, exc_info=error)


class Server:
    """Serves routes to whom the guard lets in, within limits.

    One thread accepts, one cuts connections whose time is up, each connection has its own.
    `died` is called when one of the first two ends by an unexpected error.
    """

    name = "http server"

    def __init__(
        self, listen: Address, routes: Routes, guard: Guard, limits: Limits = STANDARD
    ) -> None:
        """Binds `listen` (port 0 = any free one); raises ConfigError if that cannot be done."""
        self.died: Died = log_death
        self._routes, self._guard, self._limits = routes, guard, limits
        self._listener = listening_socket(listen, limits.backlog)
        self.address: Address = plain_address(self._listener.getsockname())
        self._connections = Connections(limits)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(body,), name=name, daemon=True)
            for name, body in (
                (self.name, self._accept_all),
                ("http deadlines", self._cut_late),
            )
        ]

    def start(self) -> None:
        """Begin to serve; returns at once."""
        for thread in self._threads:
            thread.start()
        log.info("serving on %s port %d", *self.address)

    def ask(self) -> None:
        """Stop accepting and drop idle connections; requests under way go on."""
        self._stopping.set()
        # On Linux this ends an accept() that is under way, and every later one.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._connections.leave()

    def join(self, timeout: float) -> bool:
        """Wait for requests under way, then cut them; tell whether every thread has ended.

        May take half a second more than `timeout`, for those that were cut.
        """
        end = time.monotonic() + timeout
        accepting, cutting = self._threads
        if not self._ended(accepting, timeout):
            return False
        self._listener.close()
        if not self._connections.wait_empty(max(0.0, end - time.monotonic())):
            self._connections.cut_all()
            if not self._connections.wait_empty(_CUT_SECONDS):
                return False
        self._connections.finish()
        return self._ended(cutting, _CUT_SECONDS)

    @staticmethod
    def _ended(thread: threading.Thread, timeout: float) -> bool:
        if thread.is_alive():
            thread.join(timeout)
        return not thread.is_alive()

    def _guarded(self, body: Callable[[], None]) -> None:
        try:
            body()
        except Exception as error:  # noqa: BLE001 - the daemon ends on it, which is louder
            self.died(threading.current_thread().name, error)

    def _cut_late(self) -> None:
        while not self._connections.finished:
            self._connections.step()

    def _accept_all(self) -> None:
        with self._listener:
            while not self._stopping.is_set():
                try:
                    sock, raw = self._listener.accept()
                except OSError as error:
                    self._explain(error)
                else:
                    self._take(sock, raw)

    def _explain(self, error: OSError) -> None:
        """Pass over a client that left while it waited; pause when descriptors have run out."""
        if self._stopping.is_set() or isinstance(error, ConnectionAbortedError):
            return
        log.warning("cannot accept a connection (%s): trying again in %.0f s", error, _FULL_SECONDS)
        self._stopping.wait(_FULL_SECONDS)

    def _take(self, sock: socket.socket, raw: tuple[object, ...]) -> None:
        """Give a new connection a thread of its own, or turn it away."""
        try:
            connection = Connection(sock, plain_address(raw), plain_address(sock.getsockname()))
            self._check_room(connection)
            self._converse_apart(connection)
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
            log.warning("turning %s away: %d connections are open", connection.peer[0], everyone)
            raise Refused(503, "too many connections: try again", (("Retry-After", "1"),))

    def _converse_apart(self, connection: Connection) -> None:
        """Start the connection's thread; raises Refused (503) if the system gives none."""
        if not self._connections.add(connection):
            connection.close()
            return
        name = f"http {connection.peer[0]}:{connection.peer[1]}"
        try:
            threading.Thread(
                target=self._converse, args=(connection,), name=name, daemon=True
            ).start()
        except RuntimeError as error:
            log.warning("%s cannot be served: %s", name, error)
            self._connections.remove(connection)

    def _converse(self, connection: Connection) -> None:
        try:
            Handler(connection, self._connections, self._routes, self._guard, self._limits)
        except OSError as error:
            log.debug("%s:%d went away: %s", *connection.peer, error)
        except Exception:
            # One client's request must not end the server for all the others.
            log.exception("the conversation with %s:%d broke off", *connection.peer)
        finally:
            self._connections.remove(connection)
