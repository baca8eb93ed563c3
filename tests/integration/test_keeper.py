"""Keeping house: one master at a time, which does its chores in small steps."""

from __future__ import annotations

import time

import pytest

from common.clock import SystemClock
from common.constants import KEEPER_KEY
from common.loop import Loop
from common.sqlite_log import SqliteLogStore
from common.store import Entry, Store, delete, put
from master.keeper import SEEK_SECONDS, Keeper
from master.leadership import Leadership
from tests.integration.losing import LosingStore
from tests.integration.mastering import served
from tests.turned_clock import TurnedClock
from tests.waiting import until


@pytest.fixture
def store(any_store: Store) -> Store:
    """Both stores, empty."""
    return any_store


class Ticking:
    """A chore that counts its steps."""

    name = "ticking"

    def __init__(self) -> None:
        self.steps = self.terms = 0

    def begin(self) -> None:
        """Count it."""
        self.terms += 1

    def step(self) -> float:
        """Count it."""
        self.steps += 1
        return 0.01


def keeping(store: Store, name: str, chore: Ticking) -> Loop:
    """A keeper by that name, on a thread of its own that is still to be started."""

    def died(name: str, error: BaseException) -> None:
        raise AssertionError(name) from error

    return Loop(Keeper(Leadership(store, SystemClock(), name), (chore,), SystemClock()), died)


def test_one_of_two_masters_has_the_place_and_the_other_takes_it_when_it_is_free(
    store: Store,
) -> None:
    one, other = (Leadership(store, SystemClock(), name) for name in "ab")
    for each in (one, other, one, other):
        each.seek()
    assert (one.holds(), other.holds()) == (True, False)
    one.resign()
    one.resign()
    assert store.get(KEEPER_KEY) is None
    other.seek()
    assert (one.holds(), other.holds()) == (False, True)


def test_a_place_that_was_taken_by_hand_is_given_up_at_the_next_look(store: Store) -> None:
    one, other = (Leadership(store, SystemClock(), name) for name in "ab")
    one.seek()
    delete(store, KEEPER_KEY)
    other.seek()
    one.seek()
    assert (one.holds(), other.holds()) == (False, True)


def test_a_place_that_hangs_on_no_lease_is_free(store: Store) -> None:
    put(store, KEEPER_KEY, b"by hand")
    one, other = (Leadership(store, SystemClock(), name) for name in "ab")
    one.seek()
    other.seek()
    assert (one.holds(), other.holds()) == (True, False)
    entry = store.get(KEEPER_KEY)
    assert entry is not None
    assert entry.value == b"a"


def test_a_place_without_a_renewal_is_held_to_be_lost_before_its_lease_ends(store: Store) -> None:
    clock = TurnedClock()
    one = Leadership(store, clock, "a")
    one.seek()
    clock.turn(24)
    assert one.holds()
    clock.turn(2)
    assert not one.holds()
    one.seek()
    assert one.holds()


@pytest.mark.parametrize("loss", ["before", "after"])
def test_a_place_whose_answer_was_lost_is_ours_by_the_second_look(store: Store, loss: str) -> None:
    one = Leadership(LosingStore(store, [loss]), SystemClock(), "a")
    with pytest.raises(Exception, match="no answer"):
        one.seek()
    assert not one.holds()
    one.seek()
    assert one.holds()


def test_a_keeper_does_its_chores_and_leaves_the_place_at_its_end(store: Store) -> None:
    first, second = Ticking(), Ticking()
    loops = [keeping(store, name, chore) for name, chore in (("a", first), ("b", second))]
    loops[0].start()
    until(lambda: first.steps > 3, why="it does its chore")
    loops[1].start()
    loops[0].ask()
    loops[0].ask()
    assert loops[0].join(10)
    assert store.get(KEEPER_KEY) is None
    assert second.steps == 0
    loops[1].ask()
    assert loops[1].join(10)


def test_a_master_that_stops_leaves_the_place_to_another_at_once(
    store: Store, logs: SqliteLogStore
) -> None:
    """And not at the next look, which is in ten seconds."""
    with served(store, logs):
        first = until(lambda: store.get(KEEPER_KEY), 10, "one keeps house")
        other = served(store, logs)
        other.__enter__()
    begun = time.monotonic()
    until(lambda: _another(store, first), 5, "the other keeps house")
    assert time.monotonic() - begun < SEEK_SECONDS / 2
    other.__exit__(None, None, None)
    assert store.get(KEEPER_KEY) is None


def _another(store: Store, than: Entry) -> bool:
    there = store.get(KEEPER_KEY)
    return there is not None and there.revision != than.revision


def test_chores_are_begun_anew_whenever_the_place_was_taken_anew(store: Store) -> None:
    chore, clock = Ticking(), TurnedClock()
    one, other = (Leadership(store, clock, name) for name in "ab")
    keeper = Keeper(one, (chore,), clock)

    def go_on(seconds: float) -> tuple[int, int]:
        clock.turn(seconds)
        keeper.look()
        keeper.step()
        return chore.terms, chore.steps

    assert go_on(0) == (1, 1)
    assert go_on(9) == (1, 2)
    delete(store, KEEPER_KEY)
    other.seek()
    assert go_on(9) == (1, 2)
    other.resign()
    assert go_on(9) == (2, 3)


def test_a_keeper_that_never_started_stops(store: Store) -> None:
    loop = Loop(Keeper(Leadership(store, SystemClock(), "a"), (), SystemClock()), lambda *_: None)
    loop.ask()
    assert loop.join(1)


def test_when_one_of_two_keepers_ends_the_other_goes_on_and_never_both(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("master.keeper.SEEK_SECONDS", 0.05)
    chores = [Ticking(), Ticking()]
    loops = [keeping(store, name, chore) for name, chore in zip("ab", chores, strict=True)]
    for loop in loops:
        loop.start()
    until(lambda: sum(chore.steps for chore in chores) > 10, why="one keeps house")
    assert min(chore.steps for chore in chores) == 0
    at = 0 if chores[0].steps else 1
    loops[at].ask()
    assert loops[at].join(10)
    done = chores[at].steps
    until(lambda: chores[1 - at].steps > 3, why="the other keeps house")
    assert chores[at].steps == done
    loops[1 - at].ask()
    assert loops[1 - at].join(10)
