"""Hears wall clocks in what a watch brings: those of masters, and of workers' registrations."""

from __future__ import annotations

import logging
from collections.abc import Callable

from common.clock import Clock, Reading, read
from common.clocks import Clocks
from common.constants import CLOCK_DIR, JOB_WORKER_DIR
from common.errors import InvalidField
from common.store import Changes, Entry, Snapshot
from common.strict_json import json_type, parse_object

log = logging.getLogger(__name__)

KINDS = {JOB_WORKER_DIR: "worker", CLOCK_DIR: "master"}
"""Where clocks are told, and by whom."""
LAST_MS = 9_999_999_999_999
"""What is later is no time."""


def pack_clock(wall_ms: int) -> bytes:
    """The value under /cron/clock/: epoch ms in digits."""
    return b"%d" % wall_ms


def unpack_clock(value: bytes) -> int:
    """Epoch ms of a value under /cron/clock/; InvalidField for what nobody of ours wrote."""
    if not value.isdigit() or int(value[:14]) > LAST_MS:
        raise InvalidField("clock", f"expected milliseconds, got {value[:40]!r}")
    return int(value)


def registered_clock(value: bytes) -> int | None:
    """Epoch ms in a registration; None where it tells none (a Go worker's is empty).

    InvalidField for what nobody of ours wrote.
    """
    told = parse_object(value, "registration").get("clock") if value else None
    if told is None:
        return None
    if isinstance(told, bool) or not isinstance(told, int):
        raise InvalidField("clock", f"expected a number, got {json_type(told)}")
    if not 0 <= told <= LAST_MS:
        raise InvalidField("clock", f"expected milliseconds, got {str(told)[:40]}")
    return told


class ClockNews:
    """Belongs to the thread of a watch over the directories of `KINDS`.

    Changes are heard; of a snapshot's values nobody knows how old they are, and only those under a
    lease are news at all. `me` is the key under which our own clock is told. `malformed` counts
    values that were not understood.
    """

    def __init__(
        self,
        clocks: Clocks,
        clock: Clock,
        me: str,
        heard: Callable[[], object] = lambda: None,
    ) -> None:
        """`heard` is called after news of clocks."""
        self._heard = heard
        self._clocks = clocks
        self._clock = clock
        self._me = me
        self._there: dict[str, set[str]] = {prefix: set() for prefix in KINDS}
        self._said: set[str] = set()
        self.malformed = 0

    def hear(self, news: Snapshot | Changes) -> None:
        """Hear the clocks in it; what is under another prefix is left alone."""
        there = self._there.get(news.prefix)
        if there is None:
            return
        self._take(news, there)
        self._heard()

    def _take(self, news: Snapshot | Changes, there: set[str]) -> None:
        now = read(self._clock)
        if isinstance(news, Snapshot):
            kept = {entry.key for entry in news.entries}
            for key in there - kept:
                self._clocks.forget(source_of(key))
            self._there[news.prefix] = kept
            for entry in news.entries:
                if entry.key != self._me and entry.lease:
                    self._hear(entry, now, self._clocks.found)
            return
        for change in news.changes:
            if change.entry is None:
                there.discard(change.key)
                self._clocks.forget(source_of(change.key))
            elif change.key != self._me:
                there.add(change.key)
                self._hear(change.entry, now, self._clocks.heard)

    def _hear(
        self, entry: Entry, now: Reading, as_news: Callable[[str, int, Reading], None]
    ) -> None:
        master = entry.key.startswith(CLOCK_DIR)
        try:
            wall_ms = unpack_clock(entry.value) if master else registered_clock(entry.value)
        except InvalidField as error:
            self.malformed += 1
            if entry.key not in self._said:
                self._said.add(entry.key)
                log.warning("the clock under %s is malformed (%s); not counted", entry.key, error)
            return
        self._said.discard(entry.key)
        if wall_ms is not None:
            as_news(source_of(entry.key), wall_ms, now)


def source_of(key: str) -> str:
    """Whose clock is told under a key: "worker 10.0.0.1", "master host:8070"."""
    prefix = CLOCK_DIR if key.startswith(CLOCK_DIR) else JOB_WORKER_DIR
    return f"{KINDS[prefix]} {key.removeprefix(prefix)}"
