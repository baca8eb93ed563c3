"""The shipper: a process that brings a worker's records to the log store.

Started by a worker's main process as `python -m worker.shipper SOCKET LEVEL`, where SOCKET is the
descriptor of one end of a socket pair. It keeps nothing: what is not stored is told to the next
one. It ends when the main process says so, or is gone.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import socket
import sys
import threading
from contextlib import closing

from common import logs
from common.clock import SystemClock
from common.errors import FleetcronError
from common.log_opening import open_log_store
from common.log_ready import LogReady
from common.log_trouble import LogTrouble
from common.loop import Loop
from worker.ship_wire import Down, Open, Up, messages, ship_frame
from worker.shipping import Shipping

log = logging.getLogger("worker.shipper")  # it is run as a program


class Shipper:
    """Reads what the main process says on one thread, and ships on the process's main thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._inbox: queue.SimpleQueue[Down] = queue.SimpleQueue()

    def run(self) -> int:
        """Serve until a Stop; the exit code. The end of the main process ends us at any time."""
        threading.Thread(target=self._read, name="reader", daemon=True).start()
        opening = self._inbox.get()
        if not isinstance(opening, Open):
            log.error("the main process speaks another language: %s", type(opening).__name__)
            return 1
        try:
            store = open_log_store(opening.spec)
        except FleetcronError as error:
            log.error("the log store cannot be opened: %s", error)
            return 1
        with closing(store):
            clock = SystemClock()
            trouble = LogTrouble(clock, "records wait")
            Loop(LogReady(store, trouble), _died).start()
            shipping = Shipping(store, clock, opening, self._say, self._inbox, trouble)
            while not shipping.is_over:
                shipping.step()
            shipping.close()
        return 0

    def _say(self, message: Up) -> None:
        try:
            self._connection.sendall(ship_frame(message))
        except OSError:
            log.debug("the main process is gone")  # the reader sees it, too

    def _read(self) -> None:
        try:
            for message in messages(self._connection):
                if isinstance(message, Down):
                    self._inbox.put(message)
        except (OSError, ValueError) as error:
            log.error("the main process cannot be heard: %s", error)
        # Whatever is being written is written again by the next one: that is harmless.
        os._exit(0)


def _died(name: str, error: BaseException) -> None:
    log.error("%s died; another shipper takes over", name, exc_info=error)
    os._exit(1)


def main() -> int:
    """Run with the arguments of the command line."""
    descriptor, level = sys.argv[1:]
    logs.set_up(level)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return Shipper(socket.socket(fileno=int(descriptor))).run()


if __name__ == "__main__":
    sys.exit(main())
