"""A process that outlives the test process, for one purpose: to end what that one started.

It reads `+PID` and `-PID` lines from its standard input. When the input ends, however the test
process came to its end, every process group that was added and not taken away is killed.
Run as a script; imported, it gives `Lifeline`, the end of the pipe in the test process.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable


class Lifeline:
    """The test process' side: names the process groups that must not outlive it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def add(self, pid: int) -> None:
        """Have the group `pid` killed when this process ends."""
        self._tell(f"+{pid}\n")

    def forget(self, pid: int) -> None:
        """The group `pid` has been ended and its number may be another's from now on."""
        self._tell(f"-{pid}\n")

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", __file__],
                    stdin=subprocess.PIPE,
                    start_new_session=True,
                    cwd="/",
                )
            assert self._process.stdin is not None
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()


def end_all_when_input_ends(lines: Iterable[str]) -> None:
    """Keep the set that `lines` describe, and kill the groups left in it after the last line."""
    groups: set[int] = set()
    for line in lines:
        pid = int(line[1:])
        if line.startswith("+"):
            groups.add(pid)
        else:
            groups.discard(pid)
    for pid in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    end_all_when_input_ends(sys.stdin)
