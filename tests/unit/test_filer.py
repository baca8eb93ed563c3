"""The filer: nothing that is filed is dropped, whatever becomes of the shipper."""

import pytest

from tests.unit.filing import Desk
from tests.waiting import until
from worker import filer as filer_module
from worker import filing_table
from worker.ship_wire import Keep, Refused, Ship, Shipped, State, Stop, Unreadable
from worker.spool_state import SpoolState
from worker.spooled import Range


def test_what_is_stored_is_recorded_with_the_ends_that_executors_told() -> None:
    desk = Desk()
    shipper = desk.begin()
    desk.file(1)
    desk.file(2, told=True)
    assert shipper.numbers(2) == [0, 1]
    shipper.store(0, 1)
    assert desk.recorded.get(timeout=20) == (["key 1", "key 2"], ["a@2"])
    assert desk.told == ["key 1", "key 2"]
    desk.stop()


def test_another_shipper_is_told_what_the_last_did_not_store() -> None:
    desk = Desk()
    first = desk.begin()
    desk.file(1, 2, 3)
    assert first.numbers(3) == [0, 1, 2]
    first.store(1)
    assert desk.recorded.get(timeout=20) == (["key 2"], [])
    first.over()
    second = desk.shipper()
    assert second.numbers(2) == [0, 2]
    assert first.ended == 1
    second.store(0, 2)
    assert desk.recorded.get(timeout=20) == (["key 1", "key 3"], [])
    desk.stop()


def test_a_shipper_that_cannot_be_started_is_tried_again() -> None:
    desk = Desk()
    desk.failures = 2
    desk.file(1)
    shipper = desk.begin()
    assert shipper.numbers(1) == [0]
    desk.stop()


def test_a_shipper_is_told_no_more_than_it_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing_table, "MOST_SAID", 2)
    desk = Desk()
    shipper = desk.begin()
    desk.file(*range(5))
    assert shipper.numbers(2) == [0, 1]
    shipper.store(0)
    assert shipper.numbers(1) == [2]
    assert shipper.said.empty()
    desk.stop()


def test_a_stop_tells_everything_and_waits_until_it_is_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filing_table, "MOST_SAID", 2)
    desk = Desk()
    shipper = desk.begin()
    desk.file(*range(5))
    assert shipper.numbers(2) == [0, 1]
    desk.loop.ask()
    assert shipper.numbers(3) == [2, 3, 4]
    assert shipper.said.get(timeout=20) == Stop()
    shipper.store(*range(5))
    shipper.over()
    assert desk.loop.join(20)
    assert desk.recorded.get(timeout=20)[0] == [f"key {n}" for n in range(5)]
    assert desk.deaths == []


def test_a_stop_does_not_wait_for_ever_and_says_what_is_left(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(filer_module, "STOP_SECONDS", 0.05)
    desk = Desk()
    shipper = desk.begin()
    desk.file(1, 2)
    desk.stop(ends=False)
    assert shipper.ended == 1
    assert "2 records are left to the next life" in caplog.text


def test_beyond_its_bound_outputs_are_cut_and_no_record_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filing_table, "MOST_WAITING_BYTES", 2700)
    desk = Desk()
    shipper = desk.begin()
    desk.file(*range(2), output="x" * 600)
    told = [shipper.said.get(timeout=20) for _ in range(2)]
    records = [message.records[0] for message in told if isinstance(message, Keep)]
    assert [(len(log.output), log.truncated) for log in records] == [
        (600, False), (0, True),
    ]  # fmt: skip
    desk.stop()


def test_beyond_its_bound_without_output_their_keys_stand_for_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filing_table, "MOST_WAITING_BYTES", 2500)
    desk = Desk()
    shipper = desk.begin()
    desk.file(*range(5), told=True)
    assert shipper.numbers(2) == [0, 1]
    until(lambda: desk.filer.state.left_to_keys == 3)
    assert desk.filer.state.waiting == 2
    shipper.store(0, 1)
    assert desk.recorded.get(timeout=20) == (["key 0", "key 1"], ["a@0", "a@1"])
    desk.file(9)
    assert shipper.numbers(1) == [2]
    desk.stop()


def test_a_shipper_that_hangs_is_ended_and_another_one_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(filer_module, "SILENT_SECONDS", 0.05)
    desk = Desk()
    first = desk.begin()
    desk.file(1)
    until(lambda: first.ended, why="it is ended")
    first.over()
    second = desk.shipper()
    assert second.numbers(1) == [0]
    assert "the shipper has said nothing" in caplog.text
    desk.stop()


def test_a_shipper_that_has_nothing_to_do_may_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    shipper = desk.begin()
    desk.file(1)
    shipper.store(*shipper.numbers(1))
    assert desk.recorded.get(timeout=20)
    monkeypatch.setattr(filer_module, "SILENT_SECONDS", 0.0)
    assert desk.filer._wait() is None
    desk.stop()
    assert shipper.ended == 1  # at the stop


def place(begin: int, end: int) -> Range:
    """A range of the spool."""
    return Range("life", 0, 3, 1, begin, end)


def test_ends_in_the_spool_are_shipped_and_recorded_as_the_shipper_says() -> None:
    desk = Desk()
    shipper = desk.begin()
    desk.filer.spooled(place(8, 20), 2)
    assert shipper.said.get(timeout=20) == Ship(place(8, 20))
    assert desk.filer.state.waiting == 2
    shipper.heard(Shipped((), (place(8, 20),), ("key 1", "key 2"), ("a@1", "a@2")))
    assert desk.recorded.get(timeout=20) == (["key 1", "key 2"], ["a@1", "a@2"])
    desk.stop()
    assert desk.filer.state == SpoolState()


def test_another_shipper_is_told_of_all_ranges_that_are_not_shipped() -> None:
    desk = Desk()
    first = desk.begin()
    for begin in (8, 20, 30):
        desk.filer.spooled(place(begin, begin + 10 if begin > 8 else 20))
        assert isinstance(first.said.get(timeout=20), Ship)
    first.heard(Shipped((), (place(20, 30),), ("key",), ("a@1",)))
    assert desk.recorded.get(timeout=20) == (["key"], ["a@1"])
    first.over()
    second = desk.shipper()
    assert [second.said.get(timeout=20), second.said.get(timeout=20)] == [
        Ship(place(8, 20)),
        Ship(place(30, 40)),
    ]
    second.heard(Shipped((), (place(8, 20), place(30, 40)), ("k", "l"), ("b", "c")))
    assert desk.recorded.get(timeout=20) == (["k", "l"], ["b", "c"])
    desk.stop()


def test_ends_that_cannot_be_read_wait_no_more_and_are_counted() -> None:
    desk = Desk()
    shipper = desk.begin()
    desk.filer.spooled(place(8, 20))
    assert isinstance(shipper.said.get(timeout=20), Ship)
    shipper.heard(State("away"))
    shipper.heard(Unreadable(place(8, 20), "damaged"))
    shipper.heard(Refused("a@1", "too large"))
    until(lambda: desk.filer.state.refused)
    assert desk.filer.state == SpoolState(refused=1, unreadable=1, why="away")
    desk.stop()
