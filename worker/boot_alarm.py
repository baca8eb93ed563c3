"""An alarm by the boot clock, which goes on while the machine sleeps; poll()'s own does not."""

import ctypes
import os
import time

_ABSOLUTE = 1  # TFD_TIMER_ABSTIME

_libc = ctypes.CDLL(None, use_errno=True)


class _Moment(ctypes.Structure):
    """timespec(3type)."""

    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Setting(ctypes.Structure):
    """itimerspec(3type); a moment of zero disarms."""

    _fields_ = (("interval", _Moment), ("first", _Moment))


class BootAlarm:
    """A descriptor for poll(), readable from an instant of CLOCK_BOOTTIME on.

    After a suspension that slept through the instant it is readable at once. Python has timerfd(2)
    from 3.13 on, so it is called through the C library. OSError when descriptors have run out.
    """

    def __init__(self) -> None:
        flags = os.O_NONBLOCK | os.O_CLOEXEC
        self.fd: int = _checked(_libc.timerfd_create(time.CLOCK_BOOTTIME, flags))
        self._at = float("inf")

    def set(self, at: float) -> None:
        """Go off at `at` (seconds of CLOCK_BOOTTIME) and not at what was set before; inf: never."""
        if at == self._at:
            return
        self._at = at
        seconds, rest = (0, 0.0) if at == float("inf") else divmod(max(at, 1e-9), 1)
        first = _Moment(int(seconds), min(int(rest * 1e9) + bool(rest), 999_999_999))
        setting = _Setting(_Moment(0, 0), first)
        _checked(_libc.timerfd_settime(self.fd, _ABSOLUTE, ctypes.byref(setting), None))

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.fd)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer
