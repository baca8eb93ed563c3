"""Endings: what ends together is asked, filed and logged in one piece."""

import logging

import pytest

from common.owed import Owed
from worker.asks import Ask, Asks, End
from worker.endings import Endings
from worker.filing import Filing
from worker.finish import Finish


def end(n: int) -> tuple[End, Filing, str]:
    """The end of a run, what is filed of it, and what is logged."""
    owed = Owed("ended", "me", 1, 0, 1, "success")
    finish = Finish("a", "a", f"a@{n}", "me", 3, owed)
    return End(finish, False), Filing((), f"/cron/runs/a/a@{n}"), f"run=a@{n}: success"


def test_what_ends_together_goes_in_one_piece(caplog: pytest.LogCaptureFixture) -> None:
    asked: list[Ask] = []
    filed: list[list[Filing]] = []
    endings = Endings(asked.append, lambda filings: filed.append(list(filings)))
    caplog.set_level(logging.INFO, "worker.endings")
    (one, first, _), (two, second, _) = end(1), end(2)
    with endings.together():
        endings.add(*end(1))
        endings.add(*end(2))
        assert not asked
        assert not filed
        assert not caplog.messages
    assert asked == [Asks((one, two))]
    assert filed == [[first, second]]
    assert caplog.messages == ["run=a@1: success\nrun=a@2: success"]


def test_what_ends_by_itself_goes_at_once() -> None:
    asked: list[Ask] = []
    filed: list[Filing] = []
    endings = Endings(asked.append, filed.extend)
    endings.file(end(1)[1])
    endings.add(*end(2))
    assert asked == [Asks((end(2)[0],))]
    assert [filing.run_key for filing in filed] == ["/cron/runs/a/a@1", "/cron/runs/a/a@2"]


def test_what_ended_is_not_lost_where_something_else_fails() -> None:
    asked: list[Ask] = []
    endings = Endings(asked.append, lambda filings: None)

    def fail() -> None:
        with endings.together():
            endings.add(*end(1))
            raise RuntimeError("another event")

    with pytest.raises(RuntimeError, match="another"):
        fail()
    assert asked == [Asks((end(1)[0],))]
