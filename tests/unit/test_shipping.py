"""Shipping: by size, by time, and nothing dropped while the log store is away or refuses."""

import json
import logging
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.clock import SystemClock
from common.log_opening import SqliteSpec
from common.log_ready import LogReady
from common.log_store import JobLogFilter
from common.log_trouble import LogTrouble
from common.loop import Loop
from common.record import JobLog
from tests.unit.unsteady import Unsteady
from tests.waiting import until
from worker import ship_aside, ship_refusals
from worker import shipping as shipping_module
from worker.ship_wire import Keep, Open, Refused, Shipped, State, Up
from worker.shipping import Shipping


class Desk:
    """Shipping on a thread, and what it said was stored."""

    def __init__(
        self,
        logs: Unsteady,
        path: Path,
        size: int = 5,
        seconds: float = 0.01,
        trouble: LogTrouble | None = None,
    ) -> None:
        self.logs = logs
        self.aside = path / "unrecorded" / "refused.jsonl"
        self.kept: queue.Queue[int] = queue.Queue()
        self.states: queue.Queue[str] = queue.Queue()
        self.refused: list[str] = []
        self.stuck = 0
        opening = Open(SqliteSpec(path), "w", path, size, seconds, self.aside)
        store: Any = logs
        self.shipping = Shipping(store, SystemClock(), opening, self._say, trouble=trouble)
        self.deaths: list[BaseException] = []
        self.loop = Loop(self.shipping, lambda name, error: self.deaths.append(error))

    def _say(self, message: Up) -> None:
        if isinstance(message, Shipped):
            for number in message.kept:
                self.kept.put(number)
        elif isinstance(message, Refused):
            self.refused.append(message.run_id)
        elif isinstance(message, State):
            self.states.put(message.why)
            self.stuck = message.stuck

    def keep(self, *numbers: int, output: str = "") -> None:
        """One record for each number."""
        for n in numbers:
            record = JobLog("a", "true", "", output, n, n, n, n, f"a@{n}", line_times="1*1")
            self.shipping.inbox.put(Keep(n, (record,)))

    def told(self, count: int) -> list[int]:
        """So many numbers as they are said to be stored, in order."""
        return sorted(self.kept.get(timeout=20) for _ in range(count))

    def tried(self, times: int) -> None:
        """Wait until so many writes were tried."""
        for _ in range(times):
            assert self.logs.tried.acquire(timeout=20)

    def stop(self) -> None:
        """Stop, in time and alive."""
        self.loop.ask()
        assert self.loop.join(20)
        assert self.deaths == []


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Unsteady]:
    """A log store that can be broken."""
    made = Unsteady(tmp_path / "log.db")
    yield made
    made.inner.close()


def test_a_full_batch_is_written_at_once(logs: Unsteady, tmp_path: Path) -> None:
    desk = Desk(logs, tmp_path, size=3, seconds=3600)
    desk.keep(1, 2, 3)
    desk.loop.start()
    assert desk.told(3) == [1, 2, 3]
    assert logs.sizes == [3]
    desk.stop()


def test_a_batch_that_is_not_full_is_written_after_its_time(logs: Unsteady, tmp_path: Path) -> None:
    desk = Desk(logs, tmp_path, size=100, seconds=0.05)
    desk.loop.start()
    desk.keep(1)
    assert desk.told(1) == [1]
    desk.stop()


def test_a_stop_writes_what_is_there_without_waiting_for_more(
    logs: Unsteady, tmp_path: Path
) -> None:
    desk = Desk(logs, tmp_path, size=100, seconds=3600)
    desk.loop.start()
    desk.keep(*range(250))
    desk.stop()
    assert len(logs.stored()) == 250


def test_while_the_log_store_is_away_everything_waits_and_then_comes_once(
    logs: Unsteady, tmp_path: Path
) -> None:
    desk = Desk(logs, tmp_path, size=10)
    logs.away.set()
    desk.loop.start()
    desk.keep(*range(35))
    desk.tried(3)
    assert desk.kept.empty()
    assert desk.states.get(timeout=20) == "away"
    logs.away.clear()
    assert len(desk.told(35)) == 35
    until(lambda: desk.states.get(timeout=20) == "")
    assert logs.stored() == sorted(f"a@{n}" for n in range(35))
    desk.stop()


def test_what_waited_for_a_slow_log_store_goes_in_few_large_batches(
    logs: Unsteady, tmp_path: Path
) -> None:
    desk = Desk(logs, tmp_path, size=10)
    logs.away.set()
    desk.loop.start()
    desk.keep(*range(2500))
    desk.tried(2)
    logs.away.clear()
    desk.told(2500)
    assert max(logs.sizes) > 500
    assert len(logs.sizes) < 15
    desk.stop()


def test_a_batch_that_takes_too_long_is_written_in_smaller_ones(
    logs: Unsteady, tmp_path: Path
) -> None:
    logs.most = 30
    desk = Desk(logs, tmp_path, size=10)
    desk.keep(*range(200))
    desk.loop.start()
    desk.told(200)
    assert max(logs.sizes) <= 30
    assert len(logs.stored()) == 200
    desk.stop()


def test_a_stop_while_the_log_store_is_away_ends_and_says_what_is_left(
    logs: Unsteady, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(logs, tmp_path, size=10)
    logs.away.set()
    desk.loop.start()
    desk.keep(*range(35))
    desk.tried(1)
    desk.stop()
    assert "35 records wait" in caplog.text
    assert desk.kept.empty()


def test_one_bad_record_does_not_hold_up_the_others_and_is_put_aside(
    logs: Unsteady, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(logs, tmp_path, size=50)
    logs.refuses.add("a@20")
    desk.keep(*range(50))
    desk.loop.start()
    assert desk.told(50) == list(range(50))
    assert len(logs.stored()) == 49
    assert logs.asked < 20
    assert desk.refused == ["a@20"]
    (line,) = desk.aside.read_text().splitlines()
    assert (json.loads(line)["run_id"], json.loads(line)["why"]) == ("a@20", "bad record")
    assert desk.aside.stat().st_mode & 0o777 == 0o600
    assert "run=a@20: the log store refuses it (bad record)" in caplog.text
    desk.stop()


def test_a_record_that_is_refused_for_its_output_is_stored_without_it(
    logs: Unsteady, tmp_path: Path
) -> None:
    desk = Desk(logs, tmp_path, size=3)
    logs.refuses_output.add("a@1")
    desk.keep(0, 1, 2, output="x")
    desk.loop.start()
    assert desk.told(3) == [0, 1, 2]
    record = logs.inner.one("a@1")
    assert record
    assert (record.output, record.truncated, record.line_times) == ("", True, "")
    assert (desk.refused, desk.aside.exists()) == ([], False)
    desk.stop()


def test_a_bad_record_that_came_alone_does_not_hold_up_what_comes_later(
    logs: Unsteady, tmp_path: Path
) -> None:
    desk = Desk(logs, tmp_path)
    logs.refuses.add("a@0")
    desk.keep(0)
    desk.loop.start()
    desk.tried(3)
    assert desk.refused == []
    desk.keep(1, 2)
    assert desk.told(3) == [0, 1, 2]
    assert desk.refused == ["a@0"]
    desk.stop()


def test_a_bad_record_that_cannot_be_put_aside_is_said_once_and_put_there_later(
    logs: Unsteady,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(ship_refusals, "AGAIN_SECONDS", 0.01)
    desk = Desk(logs, tmp_path)
    desk.aside.parent.write_text("in the way")
    logs.refuses.add("a@0")
    desk.keep(0, 1)
    desk.loop.start()
    assert desk.told(1) == [1]
    until(lambda: desk.stuck == 1, why="it is shown")
    until(lambda: desk.shipping._refusals._again_at > 0, why="it is tried")
    desk.keep(2)
    assert desk.told(1) == [2]
    desk.aside.parent.unlink()
    assert desk.told(1) == [0]
    until(lambda: desk.stuck == 0, why="nothing is left of it")
    assert json.loads(desk.aside.read_text())["run_id"] == "a@0"
    assert desk.refused == ["a@0"]
    assert caplog.text.count("not put aside") == 1
    desk.stop()


def test_a_stop_does_not_wait_for_what_cannot_be_put_aside(
    logs: Unsteady, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ship_aside, "MOST_BYTES", 10)
    desk = Desk(logs, tmp_path)
    logs.refuses.add("a@0")
    desk.keep(0, 1)
    desk.loop.start()
    assert desk.told(1) == [1]
    desk.stop()
    assert (desk.refused, desk.kept.empty()) == (["a@0"], True)
    assert desk.aside.read_text() == ""


def test_who_asks_beside_the_shipping_says_no_outage_a_second_time(
    logs: Unsteady, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    trouble = LogTrouble(SystemClock(), "records wait")
    ready = LogReady(logs, trouble)  # type: ignore[arg-type]
    desk = Desk(logs, tmp_path, trouble=trouble)
    logs.away.set()
    ready.wake()
    ready.step()
    desk.keep(1)
    desk.loop.start()
    desk.tried(3)
    ready.wake()
    ready.step()
    logs.away.clear()
    desk.told(1)
    ready.wake()
    ready.step()
    desk.stop()
    said = [record.message for record in caplog.records if "log_trouble" in record.name]
    assert said == ["away; records wait, and it is tried again", "the log store answers again"]


def test_a_store_that_refuses_everything_is_asked_again_and_all_of_it_waits(
    logs: Unsteady, tmp_path: Path
) -> None:
    desk = Desk(logs, tmp_path, size=2)
    desk.loop.start()
    desk.keep(7)
    assert desk.told(1) == [7]
    logs.refuses_all.set()
    desk.keep(0, 1)
    desk.tried(6)
    assert desk.states.get(timeout=20) == "not authorized"
    logs.refuses_all.clear()
    assert desk.told(2) == [0, 1]
    assert (desk.refused, desk.aside.exists()) == ([], False)
    desk.stop()


def test_trouble_is_said_once_and_so_is_its_end(
    logs: Unsteady, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    desk = Desk(logs, tmp_path)
    logs.away.set()
    desk.loop.start()
    desk.keep(1)
    desk.tried(3)
    logs.away.clear()
    desk.told(1)
    desk.stop()
    said = [(r.levelname, r.message) for r in caplog.records if "log_trouble" in r.name]
    assert said == [
        ("WARNING", "away; records wait, and it is tried again"),
        ("INFO", "the log store answers again"),
    ]


def test_while_something_waits_the_shipper_says_that_it_lives(
    logs: Unsteady, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping_module, "BEAT_SECONDS", 0.02)
    desk = Desk(logs, tmp_path, size=10, seconds=3600)
    desk.loop.start()
    assert desk.states.empty()
    desk.keep(1)
    assert [desk.states.get(timeout=20), desk.states.get(timeout=20)] == ["", ""]
    desk.stop()


def test_what_is_over_one_request_in_bytes_goes_in_several(logs: Unsteady, tmp_path: Path) -> None:
    desk = Desk(logs, tmp_path, size=10)
    logs.away.set()
    desk.loop.start()
    desk.keep(*range(10), output="x" * (2 << 20))
    desk.tried(1)
    logs.away.clear()
    desk.told(10)
    assert max(logs.sizes) <= 4
    assert len(logs.inner.read(JobLogFilter("a"), 0, 20)) == 10
    desk.stop()
