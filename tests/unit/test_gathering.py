"""Gathering: what may wait for what, and what takes all along."""

from dataclasses import replace

import pytest

from common.owed import Owed
from tests.turned_clock import TurnedClock
from worker.asks import Adopt, Ask, Asks, End, Nudge, Recorded, Take
from worker.claim import Claim
from worker.finish import Finish
from worker.gathering import (
    CLAIM_SECONDS,
    END_SECONDS,
    LOCK_SECONDS,
    LOOK_SECONDS,
    MOST,
    PART,
    STORED_SECONDS,
    Gathering,
)

T0 = 1_800_000_000_000
CLAIM = Claim("a", 1, "true", T0, T0 + 1000, "me", 7, True, None)
FINISH = Finish("a", "a", "a@1", "me", 3, Owed("ended", "me", T0, 0, 1, "success"))


class Desk:
    """A gathering on a turned clock; waits of the queue are real, and end at once where none is."""

    def __init__(self) -> None:
        self.clock = TurnedClock(wall_ms=T0 + 700)
        self.hurried = False
        self.gathering = Gathering(self.clock, lambda: self.hurried)

    def patience(self, ask: Ask) -> float:
        """How long this may wait from now on."""
        return self.gathering.patience(ask, self.clock.boot(), self.clock.wall_ms())

    def ask(self, *asks: Ask) -> None:
        """Ask for these."""
        for ask in asks:
            self.gathering.inbox.put(ask)


@pytest.fixture
def desk() -> Desk:
    """A desk with nothing on it."""
    return Desk()


def test_all_that_was_asked_comes_in_one_with_what_is_urgent(desk: Desk) -> None:
    asks: list[Ask] = [Recorded(("x",)), End(FINISH, True), Take(CLAIM), Adopt("b", 2)]
    desk.ask(*asks)
    assert desk.gathering.collect() == asks


def test_a_claim_waits_for_others_of_its_tick_only_while_it_is_ahead(desk: Desk) -> None:
    assert desk.patience(Take(CLAIM)) == CLAIM_SECONDS
    desk.clock.turn(0.5)
    assert desk.patience(Take(CLAIM)) == 0
    assert desk.patience(Take(CLAIM, look=True)) == LOOK_SECONDS


def test_a_late_claim_soon_after_others_waits_for_more_of_them(desk: Desk) -> None:
    desk.clock.turn(1)
    desk.ask(Take(CLAIM), Adopt("b", 2))
    desk.gathering.collect()
    assert desk.patience(Take(CLAIM)) == CLAIM_SECONDS
    desk.clock.turn(1)
    assert desk.patience(Take(CLAIM)) == 0


def late(*names: str, locks: bool = False) -> Asks:
    """Claims whose instant has come, decided on together."""
    claims = (replace(CLAIM, name=name, plan_time=T0, locks=locks) for name in names)
    return Asks(tuple(map(Take, claims)))


def test_late_claims_that_come_together_go_at_once_and_alone(desk: Desk) -> None:
    end, recorded = End(FINISH, False), Recorded(("x",))
    desk.ask(end, recorded, late("b", "c"))
    assert desk.gathering.collect() == [*late("b", "c").asks]
    desk.ask(late("d", "e"))
    assert desk.gathering.collect() == [*late("d", "e").asks]
    assert not desk.gathering.is_empty


def test_a_late_claim_takes_along_the_end_that_lets_go_of_its_lock(desk: Desk) -> None:
    end = End(FINISH, True, T0 + 60_000)
    desk.ask(end, late("b", "a", locks=True))
    assert desk.gathering.collect() == [*late("b", "a", locks=True).asks, end]


def test_what_is_due_goes_with_late_claims_a_part_at_a_time(desk: Desk) -> None:
    ends = [End(replace(FINISH, run_id=f"a@{n}"), False) for n in range(PART + 1)]
    desk.ask(*ends, Recorded(("x",)))
    assert desk.gathering.collect() == []
    desk.clock.turn(END_SECONDS)
    desk.ask(late("b", "c"))
    assert desk.gathering.collect() == [*late("b", "c").asks, *ends[:PART]]
    assert desk.gathering.collect() == [*ends[PART:], Recorded(("x",))]
    assert desk.gathering.is_empty


def test_a_lock_that_is_wanted_soon_is_let_go_soon(desk: Desk) -> None:
    soon, later = T0 + 2000, T0 + 60_000
    assert desk.patience(End(FINISH, True, soon)) == LOCK_SECONDS
    assert desk.patience(End(FINISH, True)) == LOCK_SECONDS
    assert desk.patience(End(FINISH, True, later)) == END_SECONDS
    assert desk.patience(End(FINISH, False, soon)) == END_SECONDS


def test_an_end_that_nobody_waits_for_waits_for_its_record_and_then_goes(desk: Desk) -> None:
    end, recorded = End(FINISH, True, T0 + 60_000), Recorded(("x",))
    desk.ask(end)
    assert desk.gathering.collect() == []
    assert not desk.gathering.is_empty
    desk.clock.turn(END_SECONDS - 0.01)
    desk.ask(recorded)
    desk.clock.turn(0.01)
    assert desk.gathering.collect() == [end, recorded]
    assert desk.gathering.is_empty


def test_an_acknowledgement_waits_for_what_goes_anyway_and_not_for_ever(desk: Desk) -> None:
    recorded, look = Recorded(("x",)), Take(CLAIM, look=True)
    desk.ask(recorded)
    assert desk.gathering.collect() == []
    desk.ask(look, Nudge())
    assert desk.gathering.collect() == [recorded, look, Nudge()]
    desk.ask(recorded)
    assert desk.gathering.collect() == []
    desk.clock.turn(STORED_SECONDS)
    assert desk.gathering.collect() == [recorded]


def test_what_waits_goes_at_once_when_a_stop_comes(desk: Desk) -> None:
    end = End(FINISH, True, T0 + 60_000)
    desk.ask(end)
    assert desk.gathering.collect() == []
    desk.hurried = True
    assert desk.gathering.collect() == [end]


def test_nothing_waits_once_a_stop_has_come(desk: Desk) -> None:
    desk.hurried = True
    desk.ask(Recorded(("x",)))
    assert desk.gathering.collect() == [Recorded(("x",))]


def test_no_more_is_gathered_than_a_few_requests_hold(desk: Desk) -> None:
    desk.ask(*[Recorded((str(n),)) for n in range(MOST + 1)])
    assert len(desk.gathering.collect()) == MOST


def test_nothing_that_is_asked_ends_no_wait_but_that_for_a_moment(desk: Desk) -> None:
    assert desk.gathering.collect(desk.clock.boot() + 0.01) == []
