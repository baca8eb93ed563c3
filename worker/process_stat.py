"""What the kernel says of a process that tells it from a later one of the same number."""

from __future__ import annotations

from pathlib import Path

_START_TIME = 22 - 3
"""Its place in /proc/PID/stat, counted from the state: field 3, the first after the name."""


def start_ticks(pid: int) -> int:
    """When the process started, in clock ticks since boot; 0 when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return int(fields[_START_TIME])
    except (OSError, IndexError, ValueError):
        return 0
