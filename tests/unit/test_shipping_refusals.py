"""Records that the log store refuses: stored without their output, put aside, or tried again."""

import json
from pathlib import Path

import pytest

from tests.unit.shipping import Desk
from tests.unit.unsteady import Unsteady
from tests.waiting import until
from worker import ship_aside, ship_refusals


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
