"""Our own wall clock, used only while it agrees with most of the clocks that were heard."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from common.clock import Clock, Reading, read
from common.clocks import Clocks, Opinion, told
from common.errors import ClockOff

log = logging.getLogger(__name__)


class TrustedClock:
    """Judges each of its readings, and says on a change whose clock is off; for many threads.

    It is a Clock itself, whose wall time is that of the last reading that was trusted, carried on
    by boot time: good for waits and deadlines, which a wrong clock must not move.
    """

    def __init__(self, clock: Clock, clocks: Clocks, means: str) -> None:
        """`means` says what does not happen while the clock is off ("claiming nothing")."""
        self._clock = clock
        self._clocks = clocks
        self._means = means
        self._lock = threading.Lock()
        self._last: Reading | None = None
        self._said = Opinion(0, (), 0)
        self.turned: Callable[[], None] = lambda: None
        """Called when it is trusted no more, or again; from any thread, and must not block."""

    def trusted_ms(self) -> int | None:
        """Epoch ms; None while our clock does not agree with most."""
        reading, opinion = self._judged()
        return reading.wall_ms if opinion.trusted else None

    def required_ms(self) -> int:
        """Epoch ms; ClockOff while our clock does not agree with most."""
        reading, opinion = self._judged()
        if not opinion.trusted:
            raise ClockOff(f"the clock of this host is {opinion.sentence()}: {self._means}")
        return reading.wall_ms

    def wall_ms(self) -> int:
        """Epoch ms by the last reading that was trusted; as the clock says when none was yet."""
        reading, opinion = self._judged()
        if opinion.trusted:
            return reading.wall_ms
        with self._lock:
            if self._last is None:
                return reading.wall_ms
            return int(self._last.offset_ms + reading.boot * 1000)

    def boot(self) -> float:
        """Seconds of CLOCK_BOOTTIME."""
        return self._clock.boot()

    def _judged(self) -> tuple[Reading, Opinion]:
        reading = read(self._clock)
        opinion = self._clocks.judge(reading)
        if opinion is self._said and opinion.trusted:
            self._last = reading
            return reading, opinion
        with self._lock:
            if opinion.trusted:
                self._last = reading
            said, self._said = self._said, opinion
        if (said.trusted, said.off) != (opinion.trusted, opinion.off):
            self._say(said, opinion, reading)
        if said.trusted != opinion.trusted:
            self.turned()
        return reading, opinion

    def _say(self, said: Opinion, opinion: Opinion, reading: Reading) -> None:
        """Say it once: that ours is off or no more, else which other is."""
        if not opinion.trusted:
            if said.trusted:
                log.error(
                    "the clock of this host is %s: %s until it agrees",
                    opinion.sentence(),
                    self._means,
                )
            return
        if not said.trusted:
            log.warning("the clock of this host agrees with most others again")
            said = Opinion(0, (), 0)
        ahead = self._clocks.ahead_ms(reading)
        for source in sorted(set(opinion.off) - set(said.off)):
            log.warning("the clock of %s is %s ours", source, told(ahead.get(source, 0)))
        for source in sorted((set(said.off) - set(opinion.off)) & set(ahead)):
            log.warning("the clock of %s agrees with ours again", source)
