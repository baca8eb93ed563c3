"""A process that a test starts: ended by its pid, and never left behind."""

import atexit
import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.lifeline import Lifeline
from tests.waiting import until

_lifeline = Lifeline()
_alive: "set[Child]" = set()


class ChildFailed(AssertionError):
    """A process that ended too early, or did not end in time; the text has the end of its log."""


class Child:
    """One process with a session of its own, its output in a file, startable again and again.

    stop() and kill() take the whole process group with them and are safe when it has ended.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Prepare `argv`; stdout and stderr are appended to `log`, `env` replaces ours if given."""
        self.argv = [str(part) for part in argv]
        self.log = log
        self.env = None if env is None else dict(env)
        self.cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The pid of the process that was started last."""
        assert self._process is not None, "never started"
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs or when never started."""
        if self._process is None:
            return None
        if self._process.returncode is None and self._ended(0):
            self._reap()
        return self._process.returncode

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended (a frozen one runs)."""
        return self._process is not None and not self._ended(0)

    def start(self) -> None:
        """Start it; returns at once. It must not be running."""
        assert not self.running, f"{self.argv[0]} runs already"
        self.kill()
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self.env,
                cwd=self.cwd,
            )
        _alive.add(self)
        _lifeline.add(self.pid)

    def send(self, number: int) -> None:
        """Send a signal to the process alone, not to its group."""
        assert self._process is not None, "never started"
        self._process.send_signal(number)

    def freeze(self) -> None:
        """SIGSTOP: it keeps its sockets and answers nothing; returns when every thread stands."""
        self.send(signal.SIGSTOP)
        until(self._stands, why=f"{self.argv[0]} stands still")

    def thaw(self) -> None:
        """SIGCONT: it goes on where it was frozen."""
        self.send(signal.SIGCONT)

    def wait(self, timeout: float) -> int:
        """Wait until it ends by itself and give the exit code; ChildFailed after `timeout` s."""
        if self._process is None or not self._ended(timeout):
            raise ChildFailed(f"{self.argv} still runs after {timeout:g} s\n{self.tail()}")
        return self._reap()

    def stop(self, timeout: float = 60.0) -> int:
        """Ask it to end (SIGTERM), wait, kill it after `timeout` seconds; gives the exit code."""
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self.thaw()
            self.send(signal.SIGTERM)
            self._ended(timeout)
        return self.kill()

    def kill(self) -> int:
        """SIGKILL to the whole group, and wait for the end; gives the exit code."""
        if self._process is None or self._process.returncode is not None:
            return self.exit_code or 0
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return self._reap()

    def tail(self, lines: int = 40) -> str:
        """The last lines of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _stands(self) -> bool:
        threads = Path(f"/proc/{self.pid}/task").glob("*/stat")
        try:
            return all(stat.read_text().rpartition(") ")[2].startswith("T") for stat in threads)
        except FileNotFoundError:  # a thread ended while we looked
            return False

    def _ended(self, timeout: float) -> bool:
        """Whether it ends within `timeout` seconds; looks without reaping, so the pid stays its."""
        if self._process is None or self._process.returncode is not None:
            return True
        pidfd = os.pidfd_open(self.pid)
        try:
            poll = select.poll()
            poll.register(pidfd, select.POLLIN)
            return bool(poll.poll(timeout * 1000))
        finally:
            os.close(pidfd)

    def _reap(self) -> int:
        """End what is left of the group while the pid is still its own, then take the status."""
        assert self._process is not None
        self._ended(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        code = self._process.wait()
        _alive.discard(self)
        _lifeline.forget(self.pid)
        return code


def alive(pid: int) -> bool:
    """Whether a process runs or stands still; one that has ended and is not yet reaped does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return not stat.rpartition(") ")[2].startswith(("Z", "X"))


@atexit.register
def end_all() -> None:
    """End every process that is still running; a test that failed may have left some."""
    for child in list(_alive):
        child.kill()
