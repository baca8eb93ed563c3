"""Waiting for what a test expects: by event or by polling, never for a fixed number of seconds."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

PAUSE_SECONDS = 0.02


class NeverHappened(AssertionError):
    """A condition that did not come true before its deadline."""


def until(condition: Callable[[], Found | None], timeout: float = 60.0, why: str = "") -> Found:
    """Call `condition` until it answers something true, and give that answer.

    Raises NeverHappened after `timeout` seconds, with `why` and the last answer in its text.
    An exception of the condition passes through at once.
    """
    deadline = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() >= deadline:
            raise NeverHappened(f"{why or condition}: still {found!r} after {timeout:g} s")
        pause()


def stays(condition: Callable[[], object], seconds: float, why: str = "") -> None:
    """Call `condition` for `seconds` and raise AssertionError as soon as it is not true.

    For what must not happen: a deadline cannot prove an absence, it can only give it room to show.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not condition():
            raise AssertionError(f"{why or condition}: was no longer so before {seconds:g} s")
        pause()


def pause(seconds: float = PAUSE_SECONDS) -> None:
    """Let `seconds` pass between two looks; for poll loops alone."""
    threading.Event().wait(seconds)
