"""What the kernel says of a process that tells it from a later one of the same number."""

from __future__ import annotations

from pathlib import Path

_PARENT, _START_TIME = 4 - 3, 22 - 3
"""Their places in /proc/PID/stat, counted from the state: field 3, the first after the name."""


def start_ticks(pid: int) -> int:
    """When the process started, in clock ticks since boot; 0 when there is none."""
    return _field(pid, _START_TIME)


def parent_of(pid: int) -> int:
    """The process's parent; 0 when there is none."""
    return _field(pid, _PARENT)


def _field(pid: int, place: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return int(fields[place])
    except (OSError, IndexError, ValueError):
        return 0
