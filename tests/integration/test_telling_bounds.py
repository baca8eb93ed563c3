"""What bounds `on_failure_command`: its time, its number, and what may wait for it."""

import os
import time
from pathlib import Path

import pytest

from tests.integration.executing import state_of
from tests.integration.hearing import filed, record, telling, told
from tests.waiting import until
from worker import telling as telling_module
from worker import telling_queue
from worker.telling import Telling


def test_a_command_that_takes_too_long_is_killed_with_its_group(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heard = tmp_path / "heard"
    child = tmp_path / "child"
    slow = f"sleep 600 & echo $! >{child}; wait"
    with telling(f'test "$FLEETCRON_RECORD" = a@1 && {{ {slow}; }}; cat >>{heard}', 2.0) as body:
        body.tell(filed(record(1), record(2)))
        assert told(heard)[0]["runId"] == "a@2"
        pid = int(child.read_text())
        until(lambda: state_of(pid) in ("", "Z"), why="its child is dead")
    assert "job=a run=a@1: on_failure_command failed: it took too long" in caplog.text


def test_what_the_command_leaves_behind_may_finish_as_mailers_do_that_deliver_in_the_background(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heard, gate = tmp_path / "heard", tmp_path / "gate"
    os.mkfifo(gate)
    deliver = f"{{ read -r line; read go <{gate}; printf '%s\\n' \"$line\" >>{heard}; }}"
    with telling(f"exec 3<&0; {deliver} <&3 >/dev/null 2>&1 &") as body:
        body.tell(filed(record(1), record(2)))
        for number in (1, 2):
            with gate.open("w") as writer:
                writer.write("go\n")
            assert told(heard, number)[-1]["runId"] == f"a@{number}"
        until(lambda: not body._children, why="they are over")
    assert not caplog.text


def test_what_the_command_leaves_behind_is_ended_when_it_takes_too_long(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heard, child = tmp_path / "heard", tmp_path / "child"
    slow = f"sleep 600 & echo $! >{child}"
    with telling(f'cat >>{heard}; test "$FLEETCRON_RECORD" = a@2 || {{ {slow}; }}', 0.5) as body:
        body.tell(filed(record(1), record(2)))
        told(heard, 2)
        pid = int(child.read_text())
        until(lambda: state_of(pid) in ("", "Z"), why="its child is dead")
    assert "job=a run=a@1: on_failure_command failed: what it left took too long" in caplog.text


def test_no_more_run_at_once_than_is_said(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with telling(f"touch {tmp_path}/$FLEETCRON_RECORD; read line <{gate}", parallel=2) as body:
        body.tell(filed(*(record(n) for n in range(5))))
        until(lambda: (tmp_path / "a@1").exists(), why="two run")
        assert len(body._children) == 2
        assert not (tmp_path / "a@2").exists()
        with gate.open("w", buffering=1) as writer:
            writer.write("x\n")
            until((tmp_path / "a@2").exists, why="the third runs when the first is over")
            writer.write("x\n" * 9)
            until((tmp_path / "a@4").exists, why="all run")


def test_what_too_many_records_wait_for_is_not_told_counted_and_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(telling_queue, "MOST_WAITING", 3)
    monkeypatch.setattr(telling_module, "AT_STOP_SECONDS", 60.0)
    heard = tmp_path / "heard"
    body = Telling(("/bin/sh", "-c", f"cat >>{heard}"), 60.0, 1)
    body.tell(filed(*(record(n) for n in range(10))))
    assert body.dropped == 7
    body.close()
    assert len(told(heard, 3)) == 3
    assert caplog.text.count("it is not told of further ones") == 1
    assert "not told of 7 records in all" in caplog.text


def test_too_much_output_is_left_out_and_the_record_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(telling_queue, "MOST_OUTPUT", 10)
    monkeypatch.setattr(telling_module, "AT_STOP_SECONDS", 60.0)
    heard = tmp_path / "heard"
    body = Telling(("/bin/sh", "-c", f"cat >>{heard}"), 60.0, 1)
    body.tell(filed(record(1, output="12345678"), record(2, output="12345678")))
    body.close()
    assert [each.get("shortened", False) for each in told(heard, 2)] == [False, True]


def test_a_stop_gives_the_command_a_short_while_and_no_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(telling_module, "AT_STOP_SECONDS", 1.0)
    pid = tmp_path / "pid"
    body = Telling(("/bin/sh", "-c", f"echo $$ >{pid}; exec sleep 600"), 60.0, 1)
    body.tell(filed(record(1), record(2)))
    began = time.monotonic()
    body.close()
    assert time.monotonic() - began < 30
    assert state_of(int(pid.read_text())) == ""
    assert "not told of 1 records in all" in caplog.text
