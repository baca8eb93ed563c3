"""Shipping from the spool: the records of what lies there, once, and of nothing else."""

import os
import queue
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from common.clock import SystemClock
from common.log_opening import SqliteSpec
from common.loop import Loop
from tests.unit.running import T
from tests.unit.spooling import Pen, run_id
from tests.unit.unsteady import Unsteady
from worker import ship_spool
from worker.range_table import joined
from worker.ship_wire import Open, Ship, Shipped, Unreadable, Up
from worker.shipping import Shipping
from worker.spooled import Range


class Desk:
    """Shipping on a thread from a spool that a test writes."""

    def __init__(self, path: Path, size: int = 5) -> None:
        self.logs = Unsteady(path / "log.db")
        self.pen = Pen(path / "executors")
        self.executors = path / "executors"
        self.shipped: queue.Queue[Shipped] = queue.Queue()
        self.unreadable: queue.Queue[Unreadable] = queue.Queue()
        opening = Open(SqliteSpec(path), "w", self.executors, size, 0.01, path / "aside")
        self.shipping = Shipping(self.logs, SystemClock(), opening, self._say)  # type: ignore[arg-type]
        self.deaths: list[BaseException] = []
        self.loop = Loop(self.shipping, lambda name, error: self.deaths.append(error))

    def _say(self, message: Up) -> None:
        if isinstance(message, Shipped):
            self.shipped.put(message)
        elif isinstance(message, Unreadable):
            self.unreadable.put(message)

    def ship(self, range_: Range) -> None:
        """Let it ship what lies there."""
        self.shipping.inbox.put(Ship(range_))

    def told(self, count: int) -> tuple[list[str], list[Range]]:
        """The runs, so many, that are said to be stored, and where their ends lay."""
        runs: list[str] = []
        ranges: list[Range] = []
        while len(runs) < count:
            news = self.shipped.get(timeout=20)
            assert [f"/cron/runs/a/{each}" for each in news.told] == list(news.run_keys)
            runs += news.told
            ranges += news.ranges
        return runs, joined(ranges)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """One, which is alive in the end."""
    made = Desk(tmp_path)
    made.loop.start()
    yield made
    made.loop.ask()
    assert made.loop.join(20)
    assert made.deaths == []
    made.logs.inner.close()


def test_what_lies_in_the_spool_is_stored_and_said_with_its_place(desk: Desk) -> None:
    range_ = desk.pen.write(*range(12), output=b"hello\n")
    desk.ship(range_)
    assert desk.told(12) == ([run_id(n) for n in range(12)], [range_])
    record = desk.logs.inner.one(run_id(3))
    assert record
    assert (record.output, record.plan_time, record.worker) == ("hello\n", T + 3, "w")


def test_no_more_of_the_spool_is_read_than_is_told(desk: Desk) -> None:
    first, second = desk.pen.write(1, 2), desk.pen.write(3)
    desk.ship(second)
    assert desk.told(1) == ([run_id(3)], [second])
    desk.ship(first)
    assert desk.told(2) == ([run_id(1), run_id(2)], [first])


def test_while_the_log_store_is_away_little_of_the_spool_is_held(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.logs.away.set()
    ranges = [each for n in range(0, 5000, 500) for each in desk.pen.write_all(range(n, n + 500))]
    for range_ in ranges:
        desk.ship(range_)
    assert desk.logs.tried.acquire(timeout=20)
    assert len(desk.shipping._waiting) <= 2000
    desk.logs.away.clear()
    assert desk.told(5000) == ([run_id(n) for n in range(5000)], joined(ranges))
    assert max(desk.logs.sizes) <= 2000


def test_a_part_that_is_written_over_gives_nothing_that_is_not_in_it_any_more(desk: Desk) -> None:
    old = desk.pen.write(1, 2)
    desk.pen.acknowledge([1, 2])
    new = desk.pen.write(3, 4)
    assert (new.begin, new.turn) == (old.begin, old.turn + 1)
    desk.ship(old)
    lost = desk.unreadable.get(timeout=20)
    assert (lost.range, "written over" in lost.why) == (old, True)
    desk.ship(new)
    assert desk.told(2) == ([run_id(3), run_id(4)], [new])


def test_a_torn_end_loses_itself_alone(desk: Desk) -> None:
    first, second = desk.pen.write(1, 2), desk.pen.write(3)
    path = second.path(desk.executors)
    with path.open("r+b") as file:
        file.seek(second.end - 3)
        file.write(b"???")
    desk.ship(joined([first, second])[0])
    assert desk.told(2) == ([run_id(1), run_id(2)], [first])
    assert desk.unreadable.get(timeout=20).range == second


def test_an_end_that_nobody_understands_does_not_hold_up_those_behind_it(desk: Desk) -> None:
    ranges = [desk.pen.write(1), desk.pen.write(2, context='"?"'), desk.pen.write(3)]
    desk.ship(joined(ranges)[0])
    assert desk.told(2)[0] == [run_id(1), run_id(3)]
    lost = desk.unreadable.get(timeout=20)
    assert (lost.range, "no run's baggage" in lost.why) == (ranges[1], True)


def test_a_spool_that_was_removed_is_said(desk: Desk) -> None:
    range_ = desk.pen.write(1, 2)
    range_.path(desk.executors).unlink()
    desk.ship(range_)
    assert desk.unreadable.get(timeout=20) == Unreadable(range_, ship_spool.GONE)


def test_a_file_that_cannot_be_read_now_is_tried_again_and_holds_up_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ship_spool, "AGAIN_SECONDS", 0.05)
    good = desk.pen.write(1)
    away = replace(good, home="other")
    other = away.path(desk.executors)
    other.parent.mkdir()
    os.symlink(other.name, other)  # a loop: it cannot be opened
    desk.ship(away)
    desk.ship(good)
    assert desk.told(1) == ([run_id(1)], [good])
    other.unlink()
    os.link(good.path(desk.executors), other)
    assert desk.told(1) == ([run_id(1)], [away])
    assert desk.unreadable.empty()


def test_a_stop_ships_all_that_it_was_told_of(tmp_path: Path) -> None:
    desk = Desk(tmp_path, size=10_000)
    range_ = desk.pen.write(*range(3000))
    desk.ship(range_)
    desk.loop.start()
    desk.loop.ask()
    assert desk.loop.join(20)
    assert desk.told(3000)[1] == [range_]
    desk.logs.inner.close()
