"""One cgroup and all that is below it: who lives in it, its end, and its removal."""

from __future__ import annotations

import os
import select
import signal
import time
from dataclasses import dataclass

from worker.cgroup_files import figures, opened, read, write
from worker.spare import SCARCE, SPARE

REMOVAL_SECONDS = 2.0
ATTEMPTS = 10
"""A process may make another cgroup in it while it is taken away."""


@dataclass(frozen=True, slots=True)
class Cgroup:
    """A cgroup of version 2 by its directory; one that is gone has no members and is removed."""

    path: str

    def is_populated(self) -> bool:
        """Whether a process is left in it or below; one that is about to be gone may count."""
        return figures(read(f"{self.path}/cgroup.events")).get("populated") == 1

    def members(self) -> list[int]:
        """The pids of all processes in it and below, without the dead."""
        if not self.is_populated():
            return []
        return [pid for path in _below(self.path) for pid in _processes(path)]

    def kill(self) -> None:
        """Send KILL to all of it, also to what is being forked."""
        try:
            write(f"{self.path}/cgroup.kill", "1")
        except FileNotFoundError:  # it is gone, or the kernel is older than 5.14
            for pid in self.members():
                _kill(pid)

    def await_empty(self, seconds: float) -> bool:
        """Wait until no process is left in it, `seconds` at most; True when there is none."""
        deadline = time.monotonic() + seconds
        try:
            events = opened(f"{self.path}/cgroup.events")
        except FileNotFoundError:
            return True
        try:
            poll = select.poll()
            poll.register(events, select.POLLPRI)
            while b"populated 1" in os.pread(events, 4096, 0):
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                poll.poll(int(left * 1000) + 1)
        finally:
            os.close(events)
        return True

    def remove(self) -> bool:
        """Take it away, after KILL to what is left in it; False if that does not end."""
        try:
            os.rmdir(self.path)
        except FileNotFoundError:
            return True
        except OSError:
            return self._force()
        return True

    def _force(self) -> bool:
        for _ in range(ATTEMPTS):
            self.kill()
            if not self.await_empty(REMOVAL_SECONDS):
                return False
            if all(_removed(path) for path in reversed(_below(self.path))):
                return True
        return False


def _below(path: str) -> list[str]:
    """The directories of a cgroup and of all below it, each before those that are in it."""
    return SPARE.lend(lambda: [found for found, _, _ in os.walk(path, onerror=_unless_gone)])


def _unless_gone(error: OSError) -> None:
    """A directory that is not looked into for want of a descriptor is not an empty one."""
    if error.errno in SCARCE:
        raise error


def _processes(path: str) -> list[int]:
    """The pids in one cgroup; those that our own pid namespace does not show are 0."""
    return [pid for pid in map(int, read(f"{path}/cgroup.procs").split()) if pid]


def _removed(path: str) -> bool:
    try:
        os.rmdir(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
