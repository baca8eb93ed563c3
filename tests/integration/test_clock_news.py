"""Clocks that are heard by a watch, of either store, and those of a log store."""

import json

import pytest

from common import keys
from common.clock import read
from common.clock_news import ClockNews, pack_clock, source_of
from common.clocks import Clocks
from common.constants import CLOCK_DIR, JOB_WORKER_DIR
from common.errors import LogStoreError, LogStoreLost
from common.log_clock import SOURCE, LogClock
from common.store import Changes, Snapshot, Store, delete, put
from tests.turned_clock import TurnedClock
from tests.waiting import until

ME, OTHER = keys.worker("me"), keys.worker("other")
MASTER = CLOCK_DIR + "host:8070"
HOUR = 3_600_000


class Ear:
    """What is heard of a store, step by step, by a clock that stands still."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = TurnedClock()
        self.clocks = Clocks()
        self.news = ClockNews(self.clocks, self.clock, ME)
        self.watch = store.watch((JOB_WORKER_DIR, CLOCK_DIR))
        for _ in range(2):
            self.step()

    def step(self) -> None:
        """Hear what comes next."""

        def news() -> list[Snapshot | Changes]:
            heard = self.watch.next(1.0)
            return [heard] if heard else []

        self.news.hear(until(news, why="news")[0])

    def put(self, key: str, value: bytes) -> None:
        """Put a value, and hear it."""
        put(self.store, key, value)
        self.step()

    def ahead(self) -> dict[str, int]:
        """By how much each clock heard is ahead of ours, ms."""
        return dict(self.clocks.ahead_ms(read(self.clock)))


@pytest.fixture
def ear(any_store: Store) -> Ear:
    """An ear on an empty store."""
    return Ear(any_store)


def registration(clock: object) -> bytes:
    """A registration that tells a clock."""
    return json.dumps({"room": True, "clock": clock}).encode()


def test_clocks_of_workers_and_masters_are_heard_as_they_change(ear: Ear) -> None:
    ear.put(OTHER, registration(ear.clock.now_ms - 2000))
    ear.put(MASTER, pack_clock(ear.clock.now_ms + HOUR))
    assert ear.ahead() == {"worker other": -2000, "master host:8070": HOUR}


def test_our_own_clock_is_not_heard(ear: Ear) -> None:
    ear.put(ME, registration(ear.clock.now_ms))
    assert ear.ahead() == {}


def test_a_clock_that_was_there_before_is_not_heard_until_it_changes(any_store: Store) -> None:
    put(any_store, MASTER, pack_clock(TurnedClock().now_ms))
    ear = Ear(any_store)
    assert ear.ahead() == {}
    ear.put(MASTER, pack_clock(ear.clock.now_ms))
    assert ear.ahead() == {"master host:8070": 0}


@pytest.mark.parametrize(("leased", "trusted"), [(True, False), (False, True)])
def test_a_clock_that_was_there_before_is_enough_to_see_that_ours_is_an_hour_ahead(
    any_store: Store, leased: bool, trusted: bool
) -> None:
    lease = any_store.grant(30) if leased else 0
    put(any_store, MASTER, pack_clock(TurnedClock().now_ms - HOUR), lease)
    ear = Ear(any_store)
    assert ear.clocks.judge(read(ear.clock)).trusted is trusted


def test_a_clock_that_goes_is_forgotten(ear: Ear) -> None:
    ear.put(OTHER, registration(ear.clock.now_ms))
    delete(ear.store, OTHER)
    ear.step()
    assert ear.ahead() == {}


@pytest.mark.parametrize(
    "value", [b"", b"now", b"-5", b"1.5", b"9" * 30, "٣".encode(), b"\xff", b"12 "]
)
def test_what_no_master_wrote_is_counted_said_once_and_not_heard(
    ear: Ear, value: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        ear.put(MASTER, value)
    assert ear.news.malformed == 2
    assert caplog.text.count("malformed") == 1
    assert ear.ahead() == {}


@pytest.mark.parametrize("told", ["1", True, 1.5, -1, 10**30, [], {}])
def test_what_no_worker_wrote_is_counted_said_once_and_not_heard(
    ear: Ear, told: object, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        ear.put(OTHER, registration(told))
    assert ear.news.malformed == 2
    assert caplog.text.count("malformed") == 1
    assert ear.ahead() == {}


@pytest.mark.parametrize("value", [b"", b"{}", b'{"clock": null}'])
def test_a_registration_that_tells_no_clock_is_no_mistake(ear: Ear, value: bytes) -> None:
    ear.put(OTHER, value)
    assert ear.news.malformed == 0
    assert ear.ahead() == {}


def test_a_source_is_named_by_what_it_is_and_its_key() -> None:
    assert source_of(keys.worker("10.0.0.1:a")) == "worker 10.0.0.1:a"
    assert source_of(MASTER) == "master host:8070"


class TellingLogs:
    """A log store that tells a clock after some seconds, or does not answer."""

    def __init__(self, clock: TurnedClock) -> None:
        self.turned = clock
        self.ahead_ms: int | None = 0
        self.takes = 0.0
        self.error: LogStoreError | None = None
        self.asked = 0

    def clock(self) -> int | None:
        """The turned clock's time, midway."""
        self.asked += 1
        self.turned.turn(self.takes / 2)
        told = None if self.ahead_ms is None else self.turned.now_ms + self.ahead_ms
        self.turned.turn(self.takes / 2)
        if self.error:
            raise self.error
        return told


class LogEar:
    """A log store's clock that is asked step by step."""

    def __init__(self) -> None:
        self.clock = TurnedClock()
        self.clocks = Clocks()
        self.logs = TellingLogs(self.clock)
        self.part = LogClock(self.logs, self.clock, self.clocks)  # type: ignore[arg-type]
        self.part.wake()

    def ahead(self) -> dict[str, int]:
        """By how much it is ahead."""
        return dict(self.clocks.ahead_ms(read(self.clock)))


@pytest.fixture
def log_ear() -> LogEar:
    """One that was not asked yet."""
    return LogEar()


def test_the_log_store_is_heard_and_the_way_to_it_taken_off(log_ear: LogEar) -> None:
    log_ear.logs.ahead_ms, log_ear.logs.takes = 700, 1.0
    log_ear.part.step()
    assert log_ear.ahead() == {SOURCE: 700}


@pytest.mark.parametrize("what", ["slow", "silent", "without a clock"])
def test_a_log_store_that_tells_too_little_is_not_heard(log_ear: LogEar, what: str) -> None:
    if what == "slow":
        log_ear.logs.takes = 2.5
    elif what == "silent":
        log_ear.logs.error = LogStoreLost("away")
    else:
        log_ear.logs.ahead_ms = None
    log_ear.part.step()
    assert log_ear.ahead() == {}


def test_the_log_store_is_asked_every_ten_seconds_and_when_our_clock_was_set(
    log_ear: LogEar,
) -> None:
    for seconds, asked in ((0, 1), (1, 1), (6.5, 1), (2.5, 2), (1, 2)):
        log_ear.clock.turn(seconds)
        log_ear.part.step()
        assert log_ear.logs.asked == asked
    log_ear.clock.now_ms += HOUR
    log_ear.part.step()
    assert log_ear.logs.asked == 3
    log_ear.part.step()
    assert log_ear.logs.asked == 3
