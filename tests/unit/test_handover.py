"""How runs are handed to executors: in one piece, after the journal has them."""

import os
from collections.abc import Sequence
from pathlib import Path

from common.job import Job
from worker.handover import Handover
from worker.journal import Journal
from worker.journal_lines import Noted
from worker.orders import Order


class Crew:
    """Notes what it is told, and how much the journal holds by then."""

    def __init__(self, journal: Path) -> None:
        self.told: list[tuple[list[str], int]] = []
        self._journal = journal

    def submit_many(self, orders: Sequence[Order]) -> None:
        """Note it."""
        self.told.append(([order.run_id for order in orders], self._lines("given")))

    def kill(self, run_id: str, reason: str, at_once: bool) -> None:
        """Note it."""
        self.told.append(([f"kill {run_id}"], self._lines("given")))

    def _lines(self, word: str) -> int:
        return self._journal.read_text().count(f'"{word}"')


def _order(run_id: str) -> Order:
    return Order(run_id, Job("a", ":", ""), {}, 0.0, "me", 1e9, None, 1e9)


def _desk(tmp_path: Path) -> tuple[Handover, Journal, Crew]:
    journal = Journal(tmp_path, "me")
    crew = Crew(tmp_path / "runs.journal")
    return Handover(crew, journal), journal, crew  # type: ignore[arg-type]


def test_a_run_that_is_given_alone_goes_at_once(tmp_path: Path) -> None:
    handover, _, crew = _desk(tmp_path)
    handover.give(_order("a@1"), Noted("a@1", "a", "me", 3, 1.0))
    assert crew.told == [(["a@1"], 1)]


def test_runs_that_are_given_together_go_in_one_piece_that_the_journal_has(tmp_path: Path) -> None:
    handover, journal, crew = _desk(tmp_path)
    with handover.together():
        for n in range(3):
            handover.give(_order(f"a@{n}"), Noted(f"a@{n}", "a", "me", 3, 1.0))
        assert crew.told == []
    assert crew.told == [(["a@0", "a@1", "a@2"], 3)]
    with handover.together():
        journal.started("a@0", os.getpid(), 5)
        journal.over(["a@1"])
    journal.close()
    assert set(Journal(tmp_path, "me").former) == {"a@0", "a@2"}


def test_a_kill_does_not_overtake_the_run_that_it_means(tmp_path: Path) -> None:
    handover, _, crew = _desk(tmp_path)
    with handover.together():
        handover.give(_order("a@1"), Noted("a@1", "a", "me", 3, 1.0))
        handover.kill("a@1", "enough")
        assert [told for told, _ in crew.told] == [["a@1"], ["kill a@1"]]
