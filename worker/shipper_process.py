"""The shipper's process, as the main process sees it: begun, spoken with, ended."""

from __future__ import annotations

import logging
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

from common.errors import FleetcronError
from worker.executor_channel import Sender
from worker.own_program import own_directory, own_environment
from worker.ship_wire import Down, Open, Stop, Up, messages, ship_frame

log = logging.getLogger(__name__)

OF_SYSTEMD = ("NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_", "CREDENTIALS_DIRECTORY")
"""What is the main process's alone."""

KILLED_SECONDS = 2.0
"""What a process that was killed may take to be gone; one that hangs in the kernel takes longer."""


class ShipperError(FleetcronError):
    """The shipper could not be started; the text says why."""


class ShipperProcess:
    """One `worker.shipper` process, in a session of its own, that is told `opening` first.

    `heard` hears what it says and then, once, `over` that it is gone; both from a thread of ours.
    ShipperError where it cannot be started, and nothing is left of it.
    """

    def __init__(
        self, opening: Open, heard: Callable[[Up], None], over: Callable[[], None]
    ) -> None:
        self._heard, self._over = heard, over
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._child = _spawned(theirs.fileno())
            except OSError as error:
                ours.close()
                raise ShipperError(f"the shipper could not be started: {error}") from error
        self._connection = ours
        self._sender = Sender(ours, "shipper-sender")
        self._reader = threading.Thread(target=self._read, name="shipper", daemon=True)
        self._sender.start()
        self._reader.start()
        self.put(opening)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    def put(self, message: Down) -> None:
        """Tell it this after all before; from any thread, returns at once.

        A Stop wakes one that was frozen.
        """
        self._sender.put(ship_frame(message))
        if isinstance(message, Stop):
            self._child.send_signal(signal.SIGCONT)

    def end(self, timeout: float) -> None:
        """Wait so long for its own end, then kill it; nothing is left of it. Safe twice."""
        try:
            self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._reap()
        self._sender.hang_up()
        self._sender.finish()
        self._reader.join()
        self._sender.join(timeout=1.0)
        self._connection.close()

    def _reap(self) -> None:
        try:
            self._child.wait(KILLED_SECONDS)
        except subprocess.TimeoutExpired:
            log.error("the shipper's process %d does not end", self.pid)

    def _read(self) -> None:
        try:
            for message in messages(self._connection):
                if isinstance(message, Up):
                    self._heard(message)
        except (OSError, ValueError) as error:
            log.error("the shipper cannot be heard: %s", error)
            self._child.kill()
        self._over()


def _spawned(descriptor: int) -> subprocess.Popen[bytes]:
    level = logging.getLevelName(log.getEffectiveLevel())
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "worker.shipper", str(descriptor), level],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=own_environment(lambda name: not name.startswith(OF_SYSTEMD)),
        cwd=own_directory(),
        pass_fds=(descriptor,),
        start_new_session=True,
    )
