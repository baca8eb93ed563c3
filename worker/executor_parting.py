"""The end of executors that were asked to end: waited for together, and then insisted on."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from common.counts import count_of

log = logging.getLogger(__name__)


class Parting(Protocol):
    """What is done with an executor that should be gone."""

    number: int

    @property
    def count(self) -> int:
        """How many runs it has."""

    @property
    def patience(self) -> float:
        """How long it may take to end its runs, or to let go, seconds."""

    def wait(self, timeout: float) -> bool:
        """Wait for its end; whether it is gone, or was let go of before, or never started."""

    def part(self) -> bool:
        """Let go of it where it keeps its runs; whether so, else it is to be ended."""

    def signal(self, number: int) -> None:
        """Send its process a signal."""


def join_all(links: Sequence[Parting], timeout: float) -> bool:
    """Wait for these executors' ends; after `timeout` s those that are late are ended, all at once.

    Their runs get TERM, their grace, and KILL; one that is stopped is woken for that. True when all
    ended by themselves in time. The others are gone afterwards, or let go of.
    """
    late = _late(links, timeout)
    if not late:
        return True
    for link in late:
        if not link.part():
            if link.count:
                log.warning(
                    "executor %d is ended with %s", link.number, count_of(link.count, "run")
                )
            link.signal(signal.SIGTERM)
            link.signal(signal.SIGCONT)
    late = _late(late, _patience(late))
    for link in late:
        link.signal(signal.SIGKILL)
    for link in _late(late, _patience(late)):
        log.error("executor %d does not end", link.number)
    return False


def _late(links: Iterable[Parting], timeout: float) -> list[Parting]:
    """Those that are still there after so many seconds."""
    deadline = time.monotonic() + timeout
    return [link for link in links if not link.wait(max(0.0, deadline - time.monotonic()))]


def _patience(links: Iterable[Parting]) -> float:
    return max((link.patience for link in links), default=0.0)
