"""The clocks: wall time for due instants, boot time for deadlines, and nothing else reads them."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What time it is. Parts take it as an argument, so that tests can turn it."""

    def wall_ms(self) -> int:
        """Epoch milliseconds; may jump either way."""

    def boot(self) -> float:
        """Seconds of CLOCK_BOOTTIME: never jumps, goes on while the machine sleeps."""


class SystemClock:
    """The machine's own clocks."""

    def wall_ms(self) -> int:
        """Epoch milliseconds."""
        return time.time_ns() // 1_000_000

    def boot(self) -> float:
        """Seconds since boot."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)
