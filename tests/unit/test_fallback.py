"""The fallback: beyond so many keys those go whose ends lie in the spool, and it says so."""

import logging

import pytest

from common import keys
from worker.fallback import (
    AT_ONCE,
    LEAST_UNRECORDED,
    MOST_UNRECORDED,
    Fallback,
    most_unrecorded,
)
from worker.left import Left


def key(number: int) -> str:
    """A run's key."""
    return keys.run("a", keys.run_id("a", number))


def leave(left: Left, first: int, last: int, durable: bool = True) -> None:
    """Let the keys of these numbers stand."""
    for number in range(first, last):
        left.stands(key(number), number, durable=durable)


def test_nothing_goes_as_long_as_there_are_not_too_many() -> None:
    left = Left()
    fallback = Fallback(left, lambda: 10)
    leave(left, 0, 10)
    assert fallback.look() == []
    assert (fallback.goes(durable=True), fallback.gone) == (False, 0)


def test_beyond_that_the_oldest_go_and_no_further_ones_are_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    left = Left()
    fallback = Fallback(left, lambda: 10)
    leave(left, 0, 11)
    assert fallback.look() == [(key(n), n) for n in range(3)]
    assert fallback.goes(durable=True)
    assert not fallback.goes(durable=False)
    assert fallback.gone == 4
    assert fallback.look() == []
    assert caplog.text.count("this host's disk") == 1


def test_what_is_only_in_memory_keeps_its_key() -> None:
    left = Left()
    fallback = Fallback(left, lambda: 10)
    leave(left, 0, 10, durable=False)
    leave(left, 10, 12)
    assert fallback.look() == [(key(10), 10), (key(11), 11)]
    assert (fallback.look(), fallback.is_behind) == ([], False)


def test_each_run_has_its_key_again_once_fewer_wait(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "worker.fallback")
    left = Left()
    fallback = Fallback(left, lambda: 10)
    leave(left, 0, 11)
    fallback.look()
    left.recorded([key(3)])
    assert fallback.look() == []
    assert not fallback.goes(durable=True)
    assert "each has its key from now on" in caplog.text


def test_many_go_in_parts_so_that_claims_come_between() -> None:
    left = Left()
    fallback = Fallback(left, lambda: 1000)
    leave(left, 0, 2000)
    sizes = []
    while going := fallback.look():
        sizes.append(len(going))
    assert sizes == [AT_ONCE, AT_ONCE, 1200 - 2 * AT_ONCE]
    assert left.standing == 800


@pytest.mark.parametrize(
    ("workers", "most"),
    [(0, MOST_UNRECORDED), (10, MOST_UNRECORDED), (100, 5000), (5000, LEAST_UNRECORDED)],
)
def test_the_more_workers_the_fewer_keys_each_may_leave(workers: int, most: int) -> None:
    assert most_unrecorded(workers) == most
