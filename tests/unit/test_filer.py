"""The filer: nothing that is filed is dropped, whatever becomes of the shipper."""

import queue
from collections.abc import Callable, Sequence

import pytest

from common.clock import SystemClock
from common.loop import Loop
from common.record import JobLog
from tests.waiting import until
from worker import filer as filer_module
from worker import filing_table
from worker.ends_told import EndsTold
from worker.filer import Filer
from worker.filing import Filing
from worker.ship_wire import Down, Keep, Refused, Ship, Shipped, State, Stop, Unreadable, Up
from worker.shipper_process import ShipperError
from worker.spool_state import SpoolState
from worker.spooled import Range


class Shipper:
    """A shipper that a test answers for."""

    def __init__(self, heard: Callable[[Up], None], over: Callable[[], None]) -> None:
        self.said: queue.Queue[Down] = queue.Queue()
        self.heard, self.over = heard, over
        self.ended = 0

    def put(self, message: Down) -> None:
        """Note it."""
        self.said.put(message)

    def end(self, timeout: float) -> None:
        """Note it."""
        self.ended += 1

    def numbers(self, count: int) -> list[int]:
        """The numbers of so many filings that it is told."""
        told = [self.said.get(timeout=20) for _ in range(count)]
        return [message.number for message in told if isinstance(message, Keep)]

    def store(self, *numbers: int) -> None:
        """Say that these are stored."""
        self.heard(Shipped(numbers))


class Desk:
    """A filer on its thread, and what it said was recorded."""

    def __init__(self) -> None:
        self.shippers: queue.Queue[Shipper] = queue.Queue()
        self.recorded: queue.Queue[tuple[Sequence[str], Sequence[str]]] = queue.Queue()
        self.told: list[str] = []
        self.failures = 0
        self.deaths: list[BaseException] = []
        self.filer = Filer(
            self._start,
            SystemClock(),
            lambda keys, told: self.recorded.put((keys, told)),
            self._note,
        )
        self.loop = Loop(self.filer, lambda name, error: self.deaths.append(error))

    def _note(self, news: Filing | EndsTold) -> None:
        many = [news.run_key] if isinstance(news, Filing) else [over.run_id for over in news.over]
        self.told += many

    def _start(self, heard: Callable[[Up], None], over: Callable[[], None]) -> Shipper:
        if self.failures:
            self.failures -= 1
            raise ShipperError("no process is left")
        self.shippers.put(shipper := Shipper(heard, over))
        return shipper

    def file(self, *numbers: int, output: str = "", told: bool = False) -> None:
        """File one record for each number."""
        for n in numbers:
            record = JobLog("a", "true", "", output, n, n, n, n, f"a@{n}")
            self.filer.file((Filing((record,), f"key {n}", f"a@{n}" if told else ""),))

    def shipper(self) -> Shipper:
        """The next one that is started."""
        return self.shippers.get(timeout=20)

    def stop(self) -> None:
        """Stop, in time and alive."""
        self.loop.ask()
        assert self.loop.join(20)
        assert self.deaths == []


def test_what_is_stored_is_recorded_with_the_ends_that_executors_told() -> None:
    desk = Desk()
    desk.loop.start()
    shipper = desk.shipper()
    desk.file(1)
    desk.file(2, told=True)
    assert shipper.numbers(2) == [0, 1]
    shipper.store(0, 1)
    assert desk.recorded.get(timeout=20) == (["key 1", "key 2"], ["a@2"])
    assert desk.told == ["key 1", "key 2"]
    _over_at_stop(desk, shipper)


def test_another_shipper_is_told_what_the_last_did_not_store() -> None:
    desk = Desk()
    desk.loop.start()
    first = desk.shipper()
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
    _over_at_stop(desk, second)


def test_a_shipper_that_cannot_be_started_is_tried_again() -> None:
    desk = Desk()
    desk.failures = 2
    desk.file(1)
    desk.loop.start()
    shipper = desk.shipper()
    assert shipper.numbers(1) == [0]
    _over_at_stop(desk, shipper)


def test_a_shipper_is_told_no_more_than_it_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing_table, "MOST_SAID", 2)
    desk = Desk()
    desk.loop.start()
    shipper = desk.shipper()
    desk.file(*range(5))
    assert shipper.numbers(2) == [0, 1]
    shipper.store(0)
    assert shipper.numbers(1) == [2]
    assert shipper.said.empty()
    _over_at_stop(desk, shipper)


def test_a_stop_tells_everything_and_waits_until_it_is_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filing_table, "MOST_SAID", 2)
    desk = Desk()
    desk.loop.start()
    shipper = desk.shipper()
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
    desk.loop.start()
    shipper = desk.shipper()
    desk.file(1, 2)
    desk.stop()
    assert shipper.ended == 1
    assert "2 records are left to the next life" in caplog.text


def test_beyond_its_bound_outputs_are_cut_and_no_record_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filing_table, "MOST_WAITING_BYTES", 2700)
    desk = Desk()
    desk.loop.start()
    shipper = desk.shipper()
    desk.file(*range(2), output="x" * 600)
    told = [shipper.said.get(timeout=20) for _ in range(2)]
    records = [message.records[0] for message in told if isinstance(message, Keep)]
    assert [(len(log.output), log.truncated) for log in records] == [
        (600, False), (0, True),
    ]  # fmt: skip
    _over_at_stop(desk, shipper)


def test_beyond_its_bound_without_output_their_keys_stand_for_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filing_table, "MOST_WAITING_BYTES", 2500)
    desk = Desk()
    desk.loop.start()
    shipper = desk.shipper()
    desk.file(*range(5), told=True)
    assert shipper.numbers(2) == [0, 1]
    until(lambda: desk.filer.state.left_to_keys == 3)
    assert desk.filer.state.waiting == 2
    shipper.store(0, 1)
    assert desk.recorded.get(timeout=20) == (["key 0", "key 1"], ["a@0", "a@1"])
    desk.file(9)
    assert shipper.numbers(1) == [2]
    _over_at_stop(desk, shipper)


def test_a_shipper_that_hangs_is_ended_and_another_one_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(filer_module, "SILENT_SECONDS", 0.05)
    desk = Desk()
    desk.loop.start()
    first = desk.shipper()
    desk.file(1)
    until(lambda: first.ended, why="it is ended")
    first.over()
    second = desk.shipper()
    assert second.numbers(1) == [0]
    assert "the shipper has said nothing" in caplog.text
    _over_at_stop(desk, second)


def test_a_shipper_that_has_nothing_to_do_may_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    desk.loop.start()
    shipper = desk.shipper()
    desk.file(1)
    shipper.store(*shipper.numbers(1))
    assert desk.recorded.get(timeout=20)
    monkeypatch.setattr(filer_module, "SILENT_SECONDS", 0.0)
    assert desk.filer._wait() is None
    _over_at_stop(desk, shipper)
    assert shipper.ended == 1  # at the stop


def place(begin: int, end: int) -> Range:
    """A range of the spool."""
    return Range("life", 0, 3, 1, begin, end)


def test_ends_in_the_spool_are_shipped_and_recorded_as_the_shipper_says() -> None:
    desk = Desk()
    desk.loop.start()
    shipper = desk.shipper()
    desk.filer.spooled(place(8, 20), 2)
    assert shipper.said.get(timeout=20) == Ship(place(8, 20))
    assert desk.filer.state.waiting == 2
    shipper.heard(Shipped((), (place(8, 20),), ("key 1", "key 2"), ("a@1", "a@2")))
    assert desk.recorded.get(timeout=20) == (["key 1", "key 2"], ["a@1", "a@2"])
    _over_at_stop(desk, shipper)
    assert desk.filer.state == SpoolState()


def test_another_shipper_is_told_of_all_ranges_that_are_not_shipped() -> None:
    desk = Desk()
    desk.loop.start()
    first = desk.shipper()
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
    _over_at_stop(desk, second)


def test_ends_that_cannot_be_read_wait_no_more_and_are_counted() -> None:
    desk = Desk()
    desk.loop.start()
    shipper = desk.shipper()
    desk.filer.spooled(place(8, 20))
    assert isinstance(shipper.said.get(timeout=20), Ship)
    shipper.heard(State("away"))
    shipper.heard(Unreadable(place(8, 20), "damaged"))
    shipper.heard(Refused("a@1", "too large"))
    until(lambda: desk.filer.state.refused)
    assert desk.filer.state == SpoolState(refused=1, unreadable=1, why="away")
    _over_at_stop(desk, shipper)


def _over_at_stop(desk: Desk, shipper: Shipper) -> None:
    """The stop of a filer whose shipper ends by itself when it is told to."""
    desk.loop.ask()
    while shipper.said.get(timeout=20) != Stop():
        pass
    shipper.over()
    assert desk.loop.join(20)
    assert desk.deaths == []
