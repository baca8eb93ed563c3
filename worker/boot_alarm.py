"""An alarm by the boot clock, which goes on while the machine sleeps; poll()'s own does not."""

import os
import time

from common import timerfd


class BootAlarm:
    """A descriptor for poll(), readable from an instant of CLOCK_BOOTTIME on.

    After a suspension that slept through the instant it is readable at once. OSError when
    descriptors have run out.
    """

    def __init__(self) -> None:
        self.fd = timerfd.create(time.CLOCK_BOOTTIME)
        self._at = float("inf")

    def set(self, at: float) -> None:
        """Go off at `at` (seconds of CLOCK_BOOTTIME) and not at what was set before; inf: never."""
        if at == self._at:
            return
        self._at = at
        seconds, rest = (0, 0.0) if at == float("inf") else divmod(max(at, 1e-9), 1)
        nanoseconds = min(int(rest * 1e9) + bool(rest), 999_999_999)
        timerfd.set_timer(self.fd, int(seconds), nanoseconds)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.fd)
