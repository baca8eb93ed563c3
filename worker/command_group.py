"""Process groups: signals to them, and whether anything in them lives."""

import logging
import os
import threading
import time

log = logging.getLogger(__name__)


def signal_group(group: int, number: int) -> None:
    """Send a signal to every process of the group, whose leader must not have been reaped yet."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass
    except PermissionError:
        log.warning("process group %d holds only processes of other users", group)


class Census:
    """Which process groups have a living member.

    A look through /proc costs milliseconds; one look serves all threads that asked before it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = float("-inf")
        self._groups: set[int] = set()

    def lives(self, group: int) -> bool:
        """Whether the group has a member that is not a zombie, now or later than this call."""
        asked = time.monotonic()
        with self._lock:
            if self._taken < asked:
                self._taken = time.monotonic()
                self._groups = living_groups()
            return group in self._groups


def living_groups() -> set[int]:
    """The ids of all process groups with a process that is not dead."""
    states = (_state_and_group(name) for name in os.listdir("/proc") if name.isdigit())
    return {group for state, group in states if state not in "ZX"}


def _state_and_group(pid: str) -> tuple[str, int]:
    """Two fields of proc(5)'s stat; the command's name before them may hold anything."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "X", 0
    return fields[0].decode(), int(fields[2])
