"""Endings: what ends together is asked, filed and logged in one piece."""

import logging

import pytest

from common.owed import Owed
from worker.asks import Asks, Before, End
from worker.endings import Endings
from worker.ends_told import EndsTold
from worker.filing import Filing
from worker.finish import Finish
from worker.orders import Over
from worker.spooled import Range


class Desk:
    """Endings, and all that they ask and give away, in that order."""

    def __init__(self) -> None:
        self.given: list[object] = []
        self.endings = Endings(
            self.given.append, lambda filings: self.given.append(list(filings)), self.given.append
        )


@pytest.fixture
def desk() -> Desk:
    """One where nothing has ended."""
    return Desk()


def end(n: int) -> tuple[End, str]:
    """The end of a run, and what is logged of it."""
    owed = Owed("ended", "me", 1, 0, 1, "success")
    finish = Finish("a", "a", f"a@{n}", "me", 3, owed)
    return End(finish, False), f"run=a@{n}: success"


def filing(n: int) -> Filing:
    """What is filed of a run."""
    return Filing((), f"/cron/runs/a/a@{n}")


def ends(n: int) -> EndsTold:
    """An end that an executor told."""
    over = Over(f"a@{n}", "success", 0, None, 1, 2, "", "", 8)
    return EndsTold(Range("home", 0, 0, 0, 8, 9), (over,))


def test_what_ends_together_goes_in_one_piece(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "worker.endings")
    with desk.endings.together():
        for n in (1, 2):
            desk.endings.add(*end(n))
            desk.endings.file(filing(n))
        assert not desk.given
        assert not caplog.messages
    assert desk.given == [Asks((end(1)[0], end(2)[0])), [filing(1), filing(2)]]
    assert caplog.messages == ["run=a@1: success\nrun=a@2: success"]


def test_what_is_to_be_recorded_is_given_away_after_its_end_was_asked_for(desk: Desk) -> None:
    with desk.endings.together():
        desk.endings.file(filing(1))
        desk.endings.spooled(ends(2))
        desk.endings.before(["a@3"])
        desk.endings.add(*end(1))
        desk.endings.add(*end(2))
    asks = Asks((end(1)[0], end(2)[0]))
    assert desk.given == [Before(("a@3",)), asks, [filing(1)], ends(2)]


def test_what_ends_by_itself_goes_at_once(desk: Desk) -> None:
    desk.endings.file(filing(1))
    desk.endings.add(*end(2))
    desk.endings.spooled(ends(2))
    assert desk.given == [[filing(1)], Asks((end(2)[0],)), ends(2)]


def test_that_all_was_told_is_said_once_also_where_there_was_nothing(desk: Desk) -> None:
    desk.endings.before((), last=True)
    desk.endings.before(["a@1"])
    assert desk.given == [Before((), last=True), Before(("a@1",))]


def test_what_ended_is_not_lost_where_something_else_fails(desk: Desk) -> None:
    def fail() -> None:
        with desk.endings.together():
            desk.endings.add(*end(1))
            raise RuntimeError("another event")

    with pytest.raises(RuntimeError, match="another"):
        fail()
    assert desk.given == [Asks((end(1)[0],))]
