"""The machine's own clocks, which the bench never shifts."""

from __future__ import annotations

import time


def boot_ms() -> float:
    """The epoch instant (ms) at which the machine was booted: wall clock less boot time."""
    return time.time() * 1000 - time.clock_gettime(time.CLOCK_BOOTTIME) * 1000


def now_ms() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000
