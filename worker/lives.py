"""The lives of workers as the watch shows them: who has to settle what a dead one owed is told."""

from __future__ import annotations

import logging
from collections.abc import Callable

from common.constants import JOB_WORKER_DIR, WORKER_ALIVE_DIR
from common.store import Changes, Entry, Snapshot
from worker.handing import handed_to
from worker.heirs import first_heir, heirs, registered

log = logging.getLogger(__name__)


class Lives:
    """Belongs to the watch's thread.

    Only the first of the living is told at once, so that a death in a large fleet does not have
    all of it look at the store; the others look at their own time.
    """

    def __init__(
        self,
        me: Callable[[], str],
        ended: Callable[[str], None],
        renounce: Callable[[str], None],
    ) -> None:
        """`me` gives this worker's incarnation, "" for none; `ended` is told of a dead one, and
        of ours where another worker handed over to it what waits.

        `renounce` is told when it is our own: the store may end a lease before its time.
        """
        self._me = me
        self._ended = ended
        self._renounce = renounce
        self._alive: set[str] = set()
        self._registered: dict[str, str] = {}
        self._handed: dict[str, int] = {}

    def hear(self, news: Snapshot | Changes) -> None:
        """Take in what became of registrations and lives; what is about other keys is ignored."""
        if news.prefix == JOB_WORKER_DIR:
            if isinstance(news, Snapshot):
                self._registered.clear()
            for key, entry in _entries(news):
                self._registered[key] = registered(entry.value) if entry else ""
                if not self._registered[key]:
                    del self._registered[key]
            self._hand_over(_entries(news), self._me())
        elif news.prefix == WORKER_ALIVE_DIR:
            self._lived(news)

    def _hand_over(self, seen: list[tuple[str, Entry | None]], me: str) -> None:
        """Tell, once for all of these, where more was handed over to us than before."""
        before = [self._handed.get(key, 0) for key, _ in seen]
        now = [handed_to(entry.value, me) if entry and me else 0 for _, entry in seen]
        for (key, _), count in zip(seen, now, strict=True):
            self._handed[key] = count
            if not count:
                del self._handed[key]
        if any(count and count != was for count, was in zip(now, before, strict=True)):
            log.info("another worker handed over what waited there")
            self._ended(me)

    def _lived(self, news: Snapshot | Changes) -> None:
        known = set(self._alive)
        if isinstance(news, Snapshot):
            self._alive.clear()
        for key, entry in _entries(news):
            incarnation = key.removeprefix(WORKER_ALIVE_DIR)
            known.add(incarnation)
            self._alive.add(incarnation) if entry else self._alive.discard(incarnation)
        me = self._me()
        living = heirs(self._alive, self._registered.values())
        for dead in sorted(known - self._alive):
            if dead == me:
                self._renounce(dead)
            elif me and first_heir(dead, living) == me:
                log.info("incarnation %s is over; what it owed is ours to settle", dead)
                self._ended(dead)


def _entries(news: Snapshot | Changes) -> list[tuple[str, Entry | None]]:
    if isinstance(news, Snapshot):
        return [(entry.key, entry) for entry in news.entries]
    return [(change.key, change.entry) for change in news.changes]
