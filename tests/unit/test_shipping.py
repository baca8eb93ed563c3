"""Shipping: by size, by time, and nothing dropped while the log store is away or refuses."""

import logging
from pathlib import Path

import pytest

from common.clock import SystemClock
from common.log_ready import LogReady
from common.log_store import JobLogFilter
from common.log_trouble import LogTrouble
from tests.unit.shipping import Desk
from tests.unit.unsteady import Unsteady
from tests.waiting import until
from worker import shipping as shipping_module


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
