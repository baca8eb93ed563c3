"""Tells when the wall clock was set, or the machine slept; the body of a thread that only waits."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import time
from collections.abc import Callable, Sequence

from common import timerfd

log = logging.getLogger(__name__)

LOOK_MS = 1000
"""Where the system cannot tell, it is looked so often."""
_NEVER = 9_000_000_000
"""A moment of the wall clock that does not come, in seconds."""


class ClockSteps:
    """Calls all of `tell` after each step of CLOCK_REALTIME, a resumed machine's too.

    They must not block. That a clock is slowly put right is no step. Where there is no timer that
    tells, they are called each second.
    """

    name = "clock steps"

    def __init__(self, tell: Sequence[Callable[[], object]]) -> None:
        self._tell = tell
        self._woken = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._timer = _timer()
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)
        if self._timer is not None:
            self._poll.register(self._timer, select.POLLIN)

    def step(self) -> None:
        """Wait for the next step of the clock, and tell it."""
        ready = {fd for fd, _ in self._poll.poll(LOOK_MS if self._timer is None else None)}
        if self._woken in ready:
            return
        if self._timer is not None:
            _follow(self._timer)
            log.info("the clock of this host was set: looking anew at what is due")
        for tell in self._tell:
            tell()

    def wake(self) -> None:
        """End the wait, for good."""
        with contextlib.suppress(OSError):  # closed by now
            os.eventfd_write(self._woken, 1)

    def close(self) -> None:
        """Give the timer back; the other descriptor stays, for somebody may still wake."""
        if self._timer is not None:
            os.close(self._timer)


def _timer() -> int | None:
    """A descriptor that is readable when the wall clock was set; None where there is none."""
    with contextlib.suppress(OSError):
        made = timerfd.create(time.CLOCK_REALTIME)
        if _follow(made):
            return made
        os.close(made)
    log.info("the system does not tell when its clock is set: looking each second")
    return None


def _follow(timer: int) -> bool:
    """Be told of what comes after this; whether that is possible, and no step came meanwhile."""
    with contextlib.suppress(OSError):  # what a read says of a clock that was set is an error
        os.read(timer, 8)
    try:
        timerfd.set_timer(timer, _NEVER, by_steps=True)
    except OSError:
        return False
    return True
