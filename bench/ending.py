"""How a bench ends: whatever asks it to, its servers and its scratch folder go with it."""

from __future__ import annotations

import signal
import sys
from types import FrameType


def end_tidily() -> None:
    """Let SIGTERM and SIGHUP end this program as an interrupt does; call it on the main thread.

    By default they end it where it stands, with servers running and folders left behind.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)
