"""Tells when the wall clock was set, or the machine slept; the body of a thread that only waits."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import select
import time
from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

LOOK_MS = 1000
"""Where the system cannot tell, it is looked so often."""
_FOLLOWED = 1 | 2  # TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET
_NEVER = 9_000_000_000
"""A moment of the wall clock that does not come, in seconds."""

_libc = ctypes.CDLL(None, use_errno=True)


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
    made = _libc.timerfd_create(time.CLOCK_REALTIME, os.O_NONBLOCK | os.O_CLOEXEC)
    if made >= 0 and _follow(made):
        return int(made)
    log.info("the system does not tell when its clock is set: looking each second")
    if made >= 0:
        os.close(made)
    return None


def _follow(timer: int) -> bool:
    """Be told of what comes after this; whether that is possible."""
    with contextlib.suppress(OSError):  # what a read says of a clock that was set is an error
        os.read(timer, 8)
    never = (ctypes.c_long * 4)(0, 0, _NEVER, 0)  # itimerspec(3type): interval and first moment
    return int(_libc.timerfd_settime(timer, _FOLLOWED, never, None)) == 0
