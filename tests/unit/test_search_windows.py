"""A page is filled from windows of time, in the time that it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from common.errors import LogStoreSlow
from common.record import JobLog
from common.search import Found, Position, Search, position
from common.search_windows import FIRST_MS, TIMES, Hit, Lengths, Page, Windows
from tests.contract.log_store_room import T, run

NOW = T + 10**9


@dataclass
class TurnedClock:
    """Boot time that stands where it is put."""

    seconds: float = 0.0

    def wall_ms(self) -> int:
        """Epoch ms."""
        return NOW

    def boot(self) -> float:
        """Seconds."""
        return self.seconds


@dataclass
class SlowStore:
    """Records at these times; a window takes as long as it is, times `pace`, in seconds."""

    clock: TurnedClock
    starts: list[int]
    pace: float = 0.0
    asked: list[tuple[int | None, int | None]] = field(default_factory=list)

    def ties(self, after: Position, page: Page, seconds: float) -> bool:
        """No two records begin together here."""
        return True

    def between(self, low: int | None, high: int | None, page: Page, seconds: float) -> bool:
        """What is there, if there is the time for it."""
        self.asked.append((low, high))
        length = (NOW if high is None else high) - (T if low is None else low)
        took = length * self.pace
        self.clock.seconds += min(took, seconds)
        if took > seconds:
            raise LogStoreSlow("slow")
        meant = [at for at in self.starts if (low is None or at >= low)]
        found = [at for at in meant if high is None or at < high]
        return page.take(Hit(_place(at), _record(at)) for at in found)


def _place(at: int) -> Position:
    return Position(at, f"a@{at}")


def _record(at: int) -> JobLog:
    return run("a", at - T)


def page(store: SlowStore, after: Position | None = None, lengths: Lengths | None = None) -> Found:
    """A page of three."""
    windows = Windows(store, Search(), 3, store.clock, None, lengths or Lengths())
    return windows.found(after)


def test_windows_follow_one_another_and_end_with_a_full_page() -> None:
    store = SlowStore(TurnedClock(), [NOW - n * 4000 for n in range(10)])
    assert [record.start_time for record in page(store).records] == store.starts[:3]
    lows = [low for low, _ in store.asked]
    assert store.asked == list(zip(lows, [None, *lows[:-1]], strict=True))
    assert lows[0] == NOW - FIRST_MS
    assert store.starts[-1] <= (lows[-1] or 0) <= store.starts[2]
    assert len(lows) <= 3


def test_while_nothing_is_found_windows_are_several_times_as_long_each_time() -> None:
    store = SlowStore(TurnedClock(), [NOW - 10**9])
    page(store)
    ends = [NOW if high is None else high for _, high in store.asked]
    lengths = [high - low for (low, _), high in zip(store.asked, ends, strict=True) if low]
    assert lengths == [FIRST_MS * TIMES**n for n in range(len(lengths))]
    assert store.asked[-1][0] is None
    assert len(store.asked) < 10


def test_the_first_window_before_a_time_to_come_reaches_back_from_now() -> None:
    store = SlowStore(TurnedClock(), [NOW - n for n in range(5)])
    wanted = Search(until_ms=NOW + 10**9)
    found = Windows(store, wanted, 3, store.clock, None, Lengths()).found(None)
    assert [record.start_time for record in found.records] == store.starts[:3]
    assert store.asked == [(NOW - FIRST_MS, NOW + 10**9)]


def test_the_next_page_begins_with_a_window_that_was_long_enough() -> None:
    store, lengths = SlowStore(TurnedClock(), [NOW - n * 10**7 for n in range(10)]), Lengths()
    after = page(store, None, lengths).next
    asked = len(store.asked)
    found = page(store, after, lengths)
    assert [record.start_time for record in found.records] == store.starts[3:6]
    assert len(store.asked) - asked < asked


def test_a_window_that_takes_too_long_is_asked_for_again_shorter() -> None:
    store = SlowStore(TurnedClock(), [NOW - 100_000], pace=1e-5)
    found = page(store)
    assert not found.complete
    assert found.next is not None
    seen = found.looked_to_ms or 0
    while found.next:
        found = page(store, found.next)
        if found.records:
            break
        assert (found.looked_to_ms or 0) < seen
        seen = found.looked_to_ms or 0
    assert [record.start_time for record in found.records] == store.starts


def test_a_store_that_answers_nothing_in_its_time_is_lost() -> None:
    store = SlowStore(TurnedClock(), [], pace=100.0)
    with pytest.raises(LogStoreSlow):
        page(store)
    assert store.clock.seconds < 10


def test_what_was_found_before_the_time_was_up_is_a_page() -> None:
    def hits(count: int) -> Iterator[Hit]:
        for _ in range(count):
            yield Hit(_place(T), _record(T))
        raise LogStoreSlow("slow")

    filled = Page(3)
    assert not filled.take(hits(1))
    assert len(filled.hits) == 1
    with pytest.raises(LogStoreSlow):
        filled.take(hits(0))
    assert filled.take(hits(2))


@pytest.mark.parametrize(
    "place", [Position(T, "a@1:s:x"), Position(-5, ""), Position(1, "0" * 24, True)]
)
def test_a_position_comes_back_from_its_text(place: Position) -> None:
    assert position(str(place)) == place
