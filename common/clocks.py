"""The wall clocks of others, as they were heard, and whether ours agrees with them.

Each is kept as its offset against CLOCK_BOOTTIME, which never jumps: so what it says now is known
without hearing it again, and a step of our own wall clock shows at its next reading.
"""

from __future__ import annotations

import statistics
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from common.clock import Reading

AGREE_MS = 5000
"""Clocks that are apart by more do not agree."""
KEPT_SECONDS = 130.0
"""So long a clock counts after it was heard; every worker and master tells its own each minute."""
LATE_MS = 2500
"""What looks slower than expected by more than this may only have come late."""
APART_SECONDS = 1.0
"""What comes in one rush does not confirm itself."""
OLD_MS = 90_000
"""A time that was found in the store, under a lease, is no older than this."""
SAME_MS = 50
"""An opinion holds for readings whose offset differs by no more."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the clocks heard say of a reading of ours: those that are `off`, of `heard` in all.

    `ahead_ms` is by how much ours is ahead of them in the median (0 when none was heard).
    """

    heard: int
    off: tuple[str, ...]
    ahead_ms: int

    @property
    def trusted(self) -> bool:
        """Whether more than half of all clocks agree, ours counted among them."""
        return 2 * len(self.off) < self.heard + 1

    def sentence(self) -> str:
        """By how much our clock differs from how many others, which may differ both ways."""
        others = f"{len(self.off)} of {self.heard} other clocks"
        if self.off and abs(self.ahead_ms) <= AGREE_MS:
            return f"not within {AGREE_MS / 1000:g} s of {others}"
        return f"{told(self.ahead_ms)} {others}"


def told(ahead_ms: float) -> str:
    """A difference in words: "3600.0 s ahead of", "2.1 s behind"."""
    return f"{abs(ahead_ms) / 1000:.1f} s {'ahead of' if ahead_ms >= 0 else 'behind'}"


@dataclass(slots=True)
class _Source:
    """A clock's offset (ms; None: not sure yet), when it was heard, and what may be late news.

    `least_ms` is an offset that it has at least, known before it is sure.
    """

    offset_ms: float | None
    heard_at: float
    doubted: tuple[float, float] | None = None
    least_ms: float | None = None


class Clocks:
    """All clocks heard, by the name of their source; used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sources: dict[str, _Source] = {}
        self._last: tuple[float, float, Opinion] | None = None

    def measured(self, source: str, wall_ms: int, now: Reading, round_trip: float) -> None:
        """A clock answered `now`, `round_trip` seconds after it was asked."""
        offset = wall_ms + round_trip * 500 - now.boot * 1000
        with self._lock:
            self._sources[source] = _Source(offset, now.boot)
            self._last = None

    def heard(self, source: str, wall_ms: int, now: Reading) -> None:
        """A clock's time arrived `now`, nobody knows how late.

        A late one looks slow. So what looks slower than this clock did before, or than ours where
        it is new, is believed only when what is heard next says the same.
        """
        offset = wall_ms - now.boot * 1000
        with self._lock:
            known = self._sources.setdefault(source, _Source(None, now.boot))
            expected = now.offset_ms if known.offset_ms is None else known.offset_ms
            known.heard_at = now.boot
            if offset >= expected - LATE_MS or _confirms(known.doubted, offset, now.boot):
                known.offset_ms, known.doubted = offset, None
            else:
                known.doubted, known.least_ms = (offset, now.boot), offset
            self._last = None

    def found(self, source: str, wall_ms: int, now: Reading) -> None:
        """A clock's time lay in the store `now`, told some time before.

        It counts as far as it goes, and only while no clock is known for sure: who begins with a
        wrong clock need not wait for others to speak to see that.
        """
        with self._lock:
            known = self._sources.setdefault(source, _Source(None, now.boot))
            known.least_ms = wall_ms - now.boot * 1000
            self._last = None

    def forget(self, source: str) -> None:
        """A clock is gone; nothing happens when it was not heard."""
        with self._lock:
            self._sources.pop(source, None)
            self._last = None

    def judge(self, now: Reading) -> Opinion:
        """What the others say of this very reading."""
        with self._lock:
            if self._last is None or not _still(self._last, now):
                ahead = self._known(now) or self._guessed(now)
                self._last = (now.offset_ms, now.boot, _opinion(ahead))
            return self._last[2]

    def ahead_ms(self, now: Reading) -> Mapping[str, int]:
        """By how much each clock heard is ahead of this reading of ours."""
        with self._lock:
            return {source: -round(ahead) for source, ahead in self._known(now).items()}

    def _known(self, now: Reading) -> dict[str, float]:
        """By how much we are ahead of each; those not heard for long are dropped."""
        oldest = now.boot - KEPT_SECONDS
        for source in [name for name, each in self._sources.items() if each.heard_at < oldest]:
            del self._sources[source]
        return {
            name: now.offset_ms - each.offset_ms
            for name, each in self._sources.items()
            if each.offset_ms is not None
        }

    def _guessed(self, now: Reading) -> dict[str, float]:
        """By how much, at least, we are ahead of each (or behind it) that is not known for sure."""
        ahead = {
            name: now.offset_ms - each.least_ms
            for name, each in self._sources.items()
            if each.least_ms is not None
        }
        return {name: min(ms, max(0.0, ms - OLD_MS)) for name, ms in ahead.items()}


def _confirms(doubted: tuple[float, float] | None, offset: float, boot: float) -> bool:
    if doubted is None:
        return False
    return abs(offset - doubted[0]) <= LATE_MS and boot - doubted[1] >= APART_SECONDS


def _still(last: tuple[float, float, Opinion], now: Reading) -> bool:
    return abs(now.offset_ms - last[0]) <= SAME_MS and now.boot - last[1] <= 1


def _opinion(ahead: Mapping[str, float]) -> Opinion:
    off = sorted(source for source, ms in ahead.items() if abs(ms) > AGREE_MS)
    return Opinion(len(ahead), tuple(off), round(statistics.median(ahead.values() or [0])))
