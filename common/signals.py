"""What signals do to a daemon, so that what it starts finds them all as they are by default."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_LEFT = {signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTTIN, signal.SIGTTOU}
"""The first two subprocess sets back. Of the others a handler would have a read or write of the
terminal tried again for ever; what has a session of its own never gets them from one."""


@contextmanager
def none_ignored() -> Iterator[None]:
    """Meanwhile no signal is blocked or, but for those of the terminal, ignored.

    Whoever started us may have had them so (nohup, a shell's background), and what we start would
    inherit it. Those that were ignored still do nothing: a handler takes them, and unlike the
    ignoring it ends where another program begins. For the main thread, before there are others.
    """
    ignored = [n for n in signal.valid_signals() - _LEFT if signal.getsignal(n) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else _nothing)
    blocked = signal.pthread_sigmask(signal.SIG_SETMASK, ())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


def _nothing(number: int, frame: FrameType | None) -> None:
    """Heard, and nothing follows."""
