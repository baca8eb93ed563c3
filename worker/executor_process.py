"""An executor's process, as its starter sees it: begun, watched, ended."""

import logging
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from common.errors import FleetcronError
from worker.executor_config import ExecutorConfig

log = logging.getLogger(__name__)

PASSED_ON = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR"}
PLACES = {"RUNTIME_DIRECTORY"}
FOR_OUR_LOG = {"JOURNAL_STREAM", "FLEETCRON_LOG"}
PASSED_ON_PREFIXES = ("LC_", "PYTHON")


class ExecutorError(FleetcronError):
    """An executor could not be started, or is of another version; the text says which and why."""


class ExecutorProcess:
    """One `worker.executor` process in a session of its own, with stdin closed and a clean
    environment; its log goes to our stderr. Raises ExecutorError when it cannot be spawned.
    """

    def __init__(self, number: int, directory: Path, threads: int, config: ExecutorConfig) -> None:
        level = logging.getLevelName(log.getEffectiveLevel())
        arguments = (str(directory), str(number), str(threads), level, config.to_text())
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "worker.executor", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                env=_environment(),
                start_new_session=True,
            )
            self._pidfd = os.pidfd_open(self._process.pid)
        except OSError as error:
            raise ExecutorError(f"executor {number} could not be started: {error}") from error
        self.pid = self._process.pid
        self._reaped = False

    def await_ready(self, timeout: float) -> bool:
        """Wait until it listens; False when it ended or the time is over."""
        said = self._process.stdout
        assert said is not None
        with said:
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
        self._process.wait()
        os.close(self._pidfd)
        self._reaped = True
        return True

    def signal(self, number: int) -> None:
        """Send it a signal, from any thread: TERM ends its runs before itself, KILL does not."""
        self._process.send_signal(number)

    def end(self, patience: float) -> None:
        """Wait for its end; send TERM after `patience` s, and KILL after as much again."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.wait(patience):
                return
            self.signal(number)
        if not self.wait(patience):
            log.error("the executor's process %d does not end", self.pid)


def _environment() -> dict[str, str]:
    """What an executor needs of our environment: no secrets, nothing that systemd gave to us.

    An installed tree is found by the interpreter itself, a checkout by its path.
    """
    ours = {
        name: value
        for name, value in os.environ.items()
        if name in PASSED_ON | PLACES | FOR_OUR_LOG or name.startswith(PASSED_ON_PREFIXES)
    }
    root = str(Path(__file__).resolve().parent.parent)
    if not root.endswith("-packages"):
        ours["PYTHONPATH"] = os.pathsep.join(filter(None, (root, ours.get("PYTHONPATH"))))
    return ours
