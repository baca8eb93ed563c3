"""The master's HTTP server: a listening socket, bounded connections, a deadline on each."""

import logging
import time

from common.loop import Died, Loop
from master.guard import Guard
from master.handler import Handler
from master.peer import plain_address
from master.request import Address
from master.routes import Routes
from master.server_acceptor import Acceptor
from master.server_connections import Connection, Connections
from master.server_limits import STANDARD, Limits
from master.server_socket import listening_socket

__all__ = ["Limits", "Server"]

_CUT_SECONDS = 0.5

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
        listener = listening_socket(listen, limits.backlog)
        self.address: Address = plain_address(listener.getsockname())
        self._connections = Connections(limits)
        self._acceptor = Acceptor(listener, self._connections, guard, limits, self._converse)
        self._accepting = Loop(self._acceptor, self._tell)
        self._cutting = Loop(self._connections, self._tell)

    def start(self) -> None:
        """Begin to serve; returns at once."""
        self._cutting.start()
        self._accepting.start()
        log.info("serving on %s port %d", *self.address)

    def ask(self) -> None:
        """Stop accepting and drop idle connections; requests under way go on."""
        self._accepting.ask()
        self._connections.leave()

    def join(self, timeout: float) -> bool:
        """Wait for requests under way, then cut them; tell whether every thread has ended.

        May take a second more than `timeout`, for those that were cut.
        """
        end = time.monotonic() + timeout
        if not self._accepting.join(timeout):
            return False
        self._acceptor.close()
        if not self._connections.wait_empty(max(0.0, end - time.monotonic())):
            log.warning("requests are cut that did not end within %.0f s", timeout)
            self._connections.cut_all()
        done = self._connections.wait_empty(_CUT_SECONDS)
        self._cutting.ask()
        return self._cutting.join(_CUT_SECONDS) and done

    def _tell(self, name: str, error: BaseException) -> None:
        self.died(name, error)

    def _converse(self, connection: Connection) -> None:
        """Be the body of a connection's thread."""
        try:
            Handler(connection, self._connections, self._routes, self._guard, self._limits)
        except OSError as error:
            log.debug("%s:%d went away: %s", *connection.peer, error)
        except Exception:
            # One client's request must not end the server for all the others.
            log.exception("the conversation with %s:%d broke off", *connection.peer)
        finally:
            self._connections.remove(connection)
