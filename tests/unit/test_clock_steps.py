"""Whoever waits by the wall clock is told when it was set; that is waited for and not looked at."""

import select

import pytest

from common import clock_steps
from common.clock_steps import ClockSteps


def test_a_wake_ends_the_wait_and_tells_nobody_of_a_step() -> None:
    told: list[int] = []
    part = ClockSteps([lambda: told.append(1)])
    part.wake()
    part.step()
    part.close()
    part.wake()
    assert told == []


def test_nobody_is_told_of_a_clock_that_goes_on_as_it_did() -> None:
    timer = clock_steps._timer()
    assert timer is not None, "this system tells nobody that its clock was set"
    poll = select.poll()
    poll.register(timer, select.POLLIN)
    assert poll.poll(50) == []


def test_where_the_system_cannot_tell_it_is_looked_each_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock_steps, "_timer", lambda: None)
    monkeypatch.setattr(clock_steps, "LOOK_MS", 10)
    told: list[int] = []
    part = ClockSteps([lambda: told.append(1)])
    part.step()
    assert told == [1]
