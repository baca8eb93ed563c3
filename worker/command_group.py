"""Process groups: signals to them, who lives in them, and waiting until nobody does."""

import os
import select
import threading
import time
from collections.abc import Iterable, Sequence


def signal_group(group: int, number: int) -> bool:
    """Send a signal to every process of the group, whose leader must not have been reaped yet.

    False when we may send it to none of them.
    """
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass
    except PermissionError:
        return False
    return True


def is_empty(group: int) -> bool:
    """Whether the group of a leader that was reaped is gone; its dead members count as there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def await_deaths(pidfds: Iterable[int], seconds: float) -> bool:
    """Wait until all these processes are dead, `seconds` at most; closes the descriptors."""
    deadline = time.monotonic() + seconds
    dead = True
    for pidfd in pidfds:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        left = max(0.0, deadline - time.monotonic())
        dead = bool(poll.poll(int(left * 1000))) and dead
        os.close(pidfd)
    return dead


class Census:
    """Which processes live in which process group.

    A look through /proc costs milliseconds; one look serves all threads that asked before it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = float("-inf")
        self._groups: dict[int, list[int]] = {}

    def members(self, group: int) -> Sequence[int]:
        """The pids of the group's members that are no zombies, now or later than this call."""
        asked = time.monotonic()
        with self._lock:
            if self._taken < asked:
                self._taken = time.monotonic()
                self._groups = living_groups()
            return self._groups.get(group, ())


def living_groups() -> dict[int, list[int]]:
    """The pids of all processes that are not dead, by their process group."""
    groups: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            state, group = _state_and_group(name)
            if state not in "ZX":
                groups.setdefault(group, []).append(int(name))
    return groups


def _state_and_group(pid: str) -> tuple[str, int]:
    """Two fields of proc(5)'s stat; the command's name before them may hold anything."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "X", 0
    return fields[0].decode(), int(fields[2])


def held(pids: Iterable[int]) -> list[int]:
    """A pidfd for each of these processes that is still there and can be held."""
    pidfds = []
    for pid in pids:
        try:
            pidfds.append(os.pidfd_open(pid))
        except OSError:
            continue
    return pidfds
