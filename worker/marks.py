"""Locks that outlast their runs beside Go workers: put by the end of a run, removed later.

A Go worker looks for a job's lock up to a second after an instant, and would run it again.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from functools import partial

from common import keys, lock
from common.clock import Clock
from common.errors import StoreRefused
from common.store import Put
from worker.asks import End
from worker.committer import Answer, Posting
from worker.finish import Finish, remove_kept
from worker.mixed import Mixed
from worker.standing import Standing

log = logging.getLogger(__name__)

KEPT_MS = 1200
"""So long after an instant no Go worker finds the lock free: it waits for up to a second."""
AGAIN_SECONDS = 2.0


class Marks:
    """Belongs to the claimer's thread."""

    def __init__(self, clock: Clock, holds: Callable[[], Standing | None], mixed: Mixed) -> None:
        self._clock = clock
        self._holds = holds
        self._mixed = mixed
        self._kept: dict[str, tuple[float, bytes]] = {}

    def mark(self, ask: End) -> Put | None:
        """What an end writes over its lock; None where the lock is to go at once."""
        asked, standing = ask.finish, self._holds()
        # A Go worker looks for the lock on the job's name, and so for that of no share.
        if not (ask.unlock and self._mixed.present and asked.unit == asked.name):
            return None
        if standing is None or standing.incarnation != asked.incarnation:
            return None
        left_ms = self._until_ms(ask) - self._clock.wall_ms()
        if left_ms <= 0:
            return None
        value = lock.kept(asked.run_id, asked.incarnation)
        self._kept[keys.lock(asked.unit)] = (self._clock.boot() + left_ms / 1000, value)
        return Put(keys.lock(asked.unit), value, standing.lease)

    def next_at(self) -> float:
        """When `due` has something to remove, boot seconds; inf: it never has."""
        return min((until for until, _ in self._kept.values()), default=math.inf)

    def due(self, boot: float) -> list[Posting]:
        """What removes the locks that were kept long enough at this time of CLOCK_BOOTTIME."""
        over = [key for key, (until, _) in self._kept.items() if until <= boot]
        return [self._removal(key, self._kept.pop(key)[1]) for key in over]

    def drop(self, asked: Finish) -> list[Posting]:
        """What removes the lock of a run that was ended before, if an end that came late keeps it.

        A former life of this incarnation may have asked for that one, and knows of it no more.
        """
        key, value = keys.lock(asked.unit), lock.kept(asked.run_id, asked.incarnation)
        known = self._kept.get(key)
        return [] if known and known[1] == value else [self._removal(key, value)]

    def _until_ms(self, ask: End) -> int:
        """When Go workers no longer try the last instant that the run held the lock at, epoch ms.

        Where another has come since the run's own, or nobody knows, it may be any until now.
        """
        now_ms, own = self._clock.wall_ms(), ask.finish.owed.plan_time
        return (own if ask.wanted_ms > now_ms else max(own, now_ms)) + KEPT_MS

    def _removal(self, key: str, value: bytes) -> Posting:
        heard = partial(self._removed, key, value)
        return Posting(remove_kept(key, value), heard, lambda: self._holds() is not None)

    def _removed(self, key: str, value: bytes, answer: Answer) -> list[Posting]:
        if isinstance(answer, StoreRefused):
            self._kept.setdefault(key, (self._clock.boot() + AGAIN_SECONDS, value))
        return []
