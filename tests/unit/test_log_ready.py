"""The log store's readiness: it is asked until it answers, and its trouble said in measure."""

import logging
from pathlib import Path

import pytest

from common import log_ready
from common.errors import LogStoreLost, LogStoreRefused, LogStoreUnindexed
from common.log_ready import LogReady
from common.log_trouble import LogTrouble
from common.loop import Loop
from tests.turned_clock import TurnedClock
from tests.unit.unsteady import Unsteady
from tests.waiting import until


def test_a_log_store_is_asked_until_it_answers_and_not_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(log_ready, "PAUSE_SECONDS", 0.01)
    logs = Unsteady(tmp_path / "log.db")
    logs.away.set()
    deaths: list[str] = []
    trouble = LogTrouble(TurnedClock(), "no record is read")
    ready = LogReady(logs, trouble)  # type: ignore[arg-type]
    loop = Loop(ready, lambda name, _: deaths.append(name))
    loop.start()
    until(lambda: logs.pings > 2)
    logs.away.clear()
    until(lambda: "answers again" in caplog.text)
    asked = logs.pings
    loop.ask()
    assert loop.join(20)
    assert (logs.pings, deaths) == (asked, [])
    assert caplog.messages == [
        "away; no record is read, and it is tried again", "the log store answers again",
    ]  # fmt: skip
    logs.inner.close()


def test_a_refusal_is_said_again_each_ten_minutes_and_an_absence_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = TurnedClock()
    trouble = LogTrouble(clock, "records wait")
    for error in (LogStoreLost("away"), LogStoreRefused("Authentication failed")):
        caplog.clear()
        for _ in range(21):
            trouble.met(error)
            clock.turn(60)
        assert trouble.why == str(error)
        times = 3 if isinstance(error, LogStoreRefused) else 1
        assert caplog.messages == [f"{error}; records wait, and it is tried again"] * times
    trouble.over()
    assert trouble.why == ""


def test_an_index_that_is_refused_is_no_trouble_of_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(log_ready, "UNINDEXED_SECONDS", 0.0)
    clock, logs = TurnedClock(), Unsteady(tmp_path / "log.db")
    logs.refuses_indexes.set()
    trouble = LogTrouble(clock, "records wait")
    ready = LogReady(logs, trouble)  # type: ignore[arg-type]
    trouble.met(LogStoreLost("away"))
    for _ in range(11):
        ready.step()
        assert trouble.why == ""
        clock.turn(60)
    unindexed = "no index for you; searching walks without an index, and it is tried again"
    again = "the log store answers again"
    assert caplog.messages == [
        "away; records wait, and it is tried again", again, unindexed, unindexed,
    ]  # fmt: skip
    logs.inner.close()


def test_records_that_are_refused_stay_so_where_indexes_are_refused_as_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    trouble = LogTrouble(TurnedClock(), "records wait")
    trouble.met(LogStoreRefused("not authorized to insert"))
    trouble.unindexed(LogStoreUnindexed("not authorized to make an index"))
    assert trouble.why == "not authorized to insert"
    assert "the log store answers again" not in caplog.messages


def test_a_refusal_of_one_thing_beside_what_is_taken_is_said_each_ten_minutes_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    clock = TurnedClock()
    trouble = LogTrouble(clock, "records wait")
    for _ in range(11):
        trouble.met(LogStoreRefused("no index for you"))
        trouble.over()
        clock.turn(60)
    said = ["no index for you; records wait, and it is tried again", "the log store answers again"]
    assert caplog.messages == said * 2
