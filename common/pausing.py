"""Waits that nothing could end sooner."""

from __future__ import annotations

import threading


def pause(seconds: float) -> None:
    """Wait so long: before another look at what nobody announces, and never where anybody does."""
    threading.Event().wait(seconds)
