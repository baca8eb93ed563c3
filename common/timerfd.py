"""timerfd(2) through the C library: Python has it from 3.13 on."""

from __future__ import annotations

import ctypes
import os

_ABSOLUTE, _CANCEL_ON_SET = 1, 2  # TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET

_libc = ctypes.CDLL(None, use_errno=True)


def create(clock: int) -> int:
    """The descriptor of a timer of this clock that is not set yet; OSError where there is none.

    It does not block, and no other program inherits it.
    """
    return _checked(_libc.timerfd_create(clock, os.O_NONBLOCK | os.O_CLOEXEC))


def set_timer(timer: int, seconds: int, nanoseconds: int = 0, by_steps: bool = False) -> None:
    """Let it be readable once its clock is there; where both are 0, never. OSError if not possible.

    With `by_steps` also when its clock was set, which reading then says by an error.
    """
    flags = _ABSOLUTE | (_CANCEL_ON_SET if by_steps else 0)
    # itimerspec(3type): the interval, then the first moment, as seconds and nanoseconds each.
    setting = (ctypes.c_long * 4)(0, 0, seconds, nanoseconds)
    _checked(_libc.timerfd_settime(timer, flags, setting, None))


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer
