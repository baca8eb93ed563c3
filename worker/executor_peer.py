"""An executor that is not our child: the process at the other end of its socket."""

import logging
import os
import select
import signal
import socket
from typing import Protocol

from worker.socket_peer import pid_of_peer

log = logging.getLogger(__name__)


class Process(Protocol):
    """What a main process can do with an executor's process, whoever started it."""

    pid: int

    def signal(self, number: int) -> None:
        """Send it a signal: TERM ends its runs before itself, KILL does not."""

    def end(self, patience: float) -> None:
        """Wait for its end; send TERM after `patience` s, and KILL after as much again."""


class ExecutorPeer:
    """The process that listens where `connection` leads; OSError when it is gone already."""

    def __init__(self, connection: socket.socket) -> None:
        self.pid = pid_of_peer(connection)
        self._pidfd = os.pidfd_open(self.pid)

    def signal(self, number: int) -> None:
        """Send it a signal; nothing happens when it is gone."""
        try:
            signal.pidfd_send_signal(self._pidfd, number)
        except (OSError, ValueError):
            log.debug("executor process %d is gone already", self.pid)

    def end(self, patience: float) -> None:
        """Wait for its end; send TERM after `patience` s, and KILL after as much again."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.wait(patience):
                break
            self.signal(number)
        else:
            if not self.wait(patience):
                log.error("the executor's process %d does not end", self.pid)
        self.close()

    def wait(self, timeout: float) -> bool:
        """Wait for its end, `timeout` seconds at most; True when it is gone."""
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(max(0, int(timeout * 1000))))

    def close(self) -> None:
        """Let go of it, alive or not; safe twice."""
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
