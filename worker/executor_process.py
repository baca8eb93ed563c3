"""An executor's process, as its starter sees it: begun, watched, ended."""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from common.errors import FleetcronError
from worker.executor_config import ExecutorConfig
from worker.held_child import start_held
from worker.nursery_call import NURSERY_SECONDS, OF_THE_STARTER, Request, ask, pid_of
from worker.own_program import own_directory, own_environment

log = logging.getLogger(__name__)

PASSED_ON = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR"}
PASSED_ON_PREFIXES = ("LC_", "PYTHON")


class ExecutorError(FleetcronError):
    """An executor could not be started, or is of another version; the text says which and why."""


class OtherVersion(ExecutorError):
    """An executor of another version, with which this one never speaks."""


class ExecutorProcess:
    """One `worker.executor` process in a session of its own, with stdin closed and a clean
    environment; its log goes to our stderr. Raises ExecutorError when it cannot be spawned.

    Where the configuration names a nursery, that spawns it, reaps it, and has its log.
    """

    def __init__(self, number: int, directory: Path, threads: int, config: ExecutorConfig) -> None:
        level = logging.getLevelName(log.getEffectiveLevel())
        arguments = (str(directory), str(number), str(threads), level, config.to_text())
        argv = [sys.executable, "-P", "-m", "worker.executor", *arguments]
        failed = f"executor {number} could not be started"
        try:
            said, stdout = os.pipe2(os.O_CLOEXEC)
        except OSError as error:
            raise ExecutorError(f"{failed}: {error}") from error
        self._said: BinaryIO = os.fdopen(said, "rb")
        try:
            with Request(argv, own_environment(_is_passed_on), own_directory(), stdout) as request:
                self._child, self._pidfd = _spawned(request, config.nursery)
        except OSError as error:
            self._said.close()
            raise ExecutorError(f"{failed}: {error.strerror or error}") from error
        self.pid = self._child.pid if self._child else pid_of(self._pidfd)
        self._reaping = threading.Lock()
        self._reaped = False

    def await_ready(self, timeout: float) -> bool:
        """Wait until it listens; False when it ended or the time is over."""
        with self._said as said:
            poll = select.poll()
            poll.register(said, select.POLLIN)
            return bool(poll.poll(int(timeout * 1000))) and said.readline() == b"ready\n"

    def wait(self, timeout: float) -> bool:
        """Wait for its end, `timeout` seconds at most; True when it is gone.

        Safe twice; one thread's business, as is `end`.
        """
        if self._reaped:
            return True
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        if not poll.poll(max(0, int(timeout * 1000))):
            return False
        with self._reaping:
            self._reaped = True
            if self._child is not None:
                self._child.wait()
            os.close(self._pidfd)
        return True

    def signal(self, number: int) -> None:
        """Send it a signal, from any thread: TERM ends its runs before itself, KILL does not."""
        with self._reaping:
            if self._reaped:
                return
            try:
                signal.pidfd_send_signal(self._pidfd, number)
            except ProcessLookupError:
                log.debug("executor process %d is gone already", self.pid)

    def end(self, patience: float) -> None:
        """Wait for its end; send TERM after `patience` s, and KILL after as much again."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.wait(patience):
                return
            self.signal(number)
        if not self.wait(patience):
            log.error("the executor's process %d does not end", self.pid)


def _spawned(request: Request, nursery: str) -> tuple[subprocess.Popen[bytes] | None, int]:
    """Our child, None where the nursery has it, and its pidfd."""
    if nursery:
        return None, ask(Path(nursery), request, NURSERY_SECONDS)
    return start_held(request, request.env)


def _is_passed_on(name: str) -> bool:
    """Whether an executor needs it of our environment: no secrets, nothing that systemd gave us."""
    return name in PASSED_ON | OF_THE_STARTER or name.startswith(PASSED_ON_PREFIXES)
