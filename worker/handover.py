"""How runs go to the executors: many at once, and none that the journal does not know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from worker.crew import Crew
from worker.journal import Journal
from worker.journal_lines import Noted
from worker.orders import Order


class Handover:
    """Belongs to the scheduler's thread."""

    def __init__(self, crew: Crew, journal: Journal) -> None:
        self._crew = crew
        self._journal = journal
        self._orders: list[Order] = []
        self._waits = False

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is given and noted meanwhile goes in one piece, at the end."""
        self._waits = True
        try:
            with self._journal.together():
                yield
        finally:
            self._waits = False
            self._send()

    def give(self, order: Order, noted: Noted) -> None:
        """Hand over a run, of which the journal is told first."""
        self._journal.given(noted)
        self._orders.append(order)
        if not self._waits:
            self._send()

    def kill(self, run_id: str, reason: str, at_once: bool = False) -> None:
        """End a run, or keep it from starting."""
        self._send()
        self._crew.kill(run_id, reason, at_once)

    def call_off(self, run_id: str, reason: str) -> None:
        """Keep a run from starting; one whose command was started goes on."""
        self._send()
        self._crew.call_off(run_id, reason)

    def _send(self) -> None:
        if self._orders:
            orders, self._orders = self._orders, []
            self._journal.flush()
            self._crew.submit_many(orders)
