"""Follows the clocks of workers and other masters, and says whose is off; the body of a thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from common.clock_news import ClockNews
from common.errors import StoreClosed
from common.store import Watch
from common.trusted_clock import TrustedClock

LOOK_SECONDS = 30.0
"""Clocks that are not heard for long count no more, which nothing else tells."""


class ClockWatch:
    """A watch, and no reading now and then, which would not tell how old a clock's time is.

    For what it brings of `others`, by their prefixes, these are called; they must not block.
    """

    name = "clock watch"

    def __init__(
        self,
        watch: Watch,
        news: ClockNews,
        ours: TrustedClock,
        others: Mapping[str, Callable[[], object]],
    ) -> None:
        self._watch = watch
        self._news = news
        self._ours = ours
        self._others = others

    def step(self) -> None:
        """Hear the next of it, and compare; now and then without news."""
        try:
            news = self._watch.next(LOOK_SECONDS)
        except StoreClosed:
            return
        if news is not None:
            self._news.hear(news)
            self._others.get(news.prefix, lambda: None)()
        self._ours.trusted_ms()

    def wake(self) -> None:
        """End the watch."""
        self._watch.cancel()

    def close(self) -> None:
        """End the watch."""
        self._watch.cancel()
