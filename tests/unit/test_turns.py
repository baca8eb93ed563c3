"""Turns: edits of one job follow one another."""

import threading

import pytest

from master import turns
from master.refusals import Contended
from master.turns import Turns


def test_a_turn_that_does_not_come_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.01)
    places = Turns()
    with (
        places.of("a"),
        pytest.raises(Contended, match="too many edits of 'a' are waiting; nothing was changed"),
        places.of("a"),
    ):
        pass


def test_a_turn_ends_also_when_its_edit_fails() -> None:
    places = Turns()
    with pytest.raises(RuntimeError), places.of("a"):
        raise RuntimeError
    with places.of("a"):
        pass


def test_the_next_gets_its_turn_when_the_one_before_ends() -> None:
    places, order = Turns(), []
    waits = threading.Event()

    def second() -> None:
        waits.set()
        with places.of("a"):
            order.append("second")

    thread = threading.Thread(target=second)
    with places.of("a"):
        thread.start()
        assert waits.wait(60)
        order.append("first")
    thread.join(60)
    assert order == ["first", "second"]
