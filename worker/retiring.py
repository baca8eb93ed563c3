"""The executors of former lives: they get no orders any more, and have runs that go on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable
from typing import Protocol

from worker.live_orders import Follow
from worker.orders import Extend
from worker.spooled import Range


class Link(Protocol):
    """What is said to an executor of a former life; each from any thread, and never blocking."""

    number: int

    @property
    def is_mute(self) -> bool:
        """Whether it does not end a run that it was to end."""

    def kill(self, run_id: str, reason: str, at_once: bool = False) -> None:
        """End a run of it."""

    def call_off(self, run_id: str, reason: str) -> None:
        """Keep a run of it from starting."""

    def inform(self, news: Extend | Follow) -> None:
        """A lease was renewed, or what some runs print is to be told."""

    def signal(self, number: int) -> None:
        """Send its process a signal."""

    def ack(self, run_ids: tuple[str, ...]) -> None:
        """These ends are recorded."""

    def lying_in(self, where: Range) -> tuple[str, ...]:
        """The runs whose ends it keeps there."""

    def retire(self, keep: bool) -> None:
        """End what is not kept, and then itself."""


class Retiring:
    """Which of them has which run. Safe from any thread.

    `keeps` until it is said that nothing of them is to go on.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._links: list[Link] = []
        self._where: dict[str, Link] = {}
        self._extended: Extend | None = None
        self.keeps = True

    def __len__(self) -> int:
        return len(self._where)

    @property
    def mute(self) -> list[str]:
        """A sentence of each that does not answer."""
        mute = (link.number for link in self._all if link.is_mute)
        return [f"executor {number} of a former life does not answer" for number in mute]

    def add(self, link: Link, run_ids: Iterable[str]) -> None:
        """One that has these runs; it is told of the last renewal that it may have missed."""
        with self._lock:
            self._links.append(link)
            self._where.update((run_id, link) for run_id in run_ids)
            if self._extended:
                link.inform(self._extended)
            keep = self.keeps
        link.retire(keep)

    def kill(self, run_id: str, reason: str, at_once: bool = False) -> None:
        """End a run, if one of them has it."""
        if link := self._with(run_id):
            link.kill(run_id, reason, at_once)

    def call_off(self, run_id: str, reason: str) -> None:
        """Keep a run from starting, if one of them has it."""
        if link := self._with(run_id):
            link.call_off(run_id, reason)

    def released(self, run_id: str) -> None:
        """The run's end was heard."""
        with self._lock:
            self._where.pop(run_id, None)

    def extend(self, news: Extend) -> None:
        """A lease was renewed: each hears so, and those that are still to come."""
        with self._lock:
            self._extended = news
            for link in self._links:
                link.inform(news)

    def look(self, news: Follow) -> None:
        """What these runs print is to be told, by whoever has them."""
        for link in self._all:
            link.inform(news)

    def ack(self, run_ids: tuple[str, ...]) -> None:
        """These ends are recorded, whoever told them."""
        for link in self._all:
            link.ack(run_ids)

    def lying_in(self, where: Range) -> tuple[str, ...]:
        """The runs whose ends one of them keeps there."""
        return tuple(run_id for link in self._all for run_id in link.lying_in(where))

    def rouse(self) -> None:
        """Let those go on that somebody has stopped."""
        for link in self._all:
            link.signal(signal.SIGCONT)

    def retire(self, keep: bool) -> None:
        """Let them end what is not kept; with `keep` as they were told before.

        So also those that are still to come.
        """
        with self._lock:
            self.keeps = self.keeps and keep
            links = [] if keep else list(self._links)
        for link in links:
            link.retire(keep)

    @property
    def _all(self) -> list[Link]:
        """Those that are there now: what is said to them is said without our lock."""
        with self._lock:
            return list(self._links)

    def _with(self, run_id: str) -> Link | None:
        with self._lock:
            return self._where.get(run_id)
