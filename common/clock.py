"""The clocks: wall time for due instants, boot time for deadlines, and nothing else reads them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

HELD_UP_SECONDS = 0.2
"""Two clocks between whose readings more than this passed were not read at one moment."""


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


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks at one moment: epoch ms, and seconds of CLOCK_BOOTTIME."""

    wall_ms: int
    boot: float

    @property
    def offset_ms(self) -> float:
        """The wall clock less boot time: the same at every reading, until somebody sets it."""
        return self.wall_ms - self.boot * 1000


def read(clock: Clock) -> Reading:
    """Read both clocks, again while something held us up in between."""
    while True:
        begun = clock.boot()
        wall_ms = clock.wall_ms()
        boot = clock.boot()
        if boot - begun <= HELD_UP_SECONDS:
            return Reading(wall_ms, boot)
