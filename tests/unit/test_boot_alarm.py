"""The alarm by the boot clock: on time, moved, off, and right after what was slept through."""

import select
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.boot_alarm import BootAlarm

HOUR = 3600.0


def now() -> float:
    """The clock that it goes by."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@pytest.fixture
def alarm() -> Iterator[BootAlarm]:
    """An alarm that is not set."""
    made = BootAlarm()
    yield made
    made.close()


def rings(alarm: BootAlarm, within: float) -> bool:
    """Whether it goes off within so many seconds."""
    poll = select.poll()
    poll.register(alarm.fd, select.POLLIN)
    return bool(poll.poll(int(within * 1000)))


def test_an_alarm_goes_off_at_its_instant_and_not_before(alarm: BootAlarm) -> None:
    at = now() + 0.2
    alarm.set(at)
    assert rings(alarm, 20)
    assert now() >= at


@pytest.mark.parametrize("past", [0.5, HOUR, 1e12])
def test_an_instant_that_has_passed_is_noticed_at_once(alarm: BootAlarm, past: float) -> None:
    alarm.set(now() - past)
    assert rings(alarm, 20)


@pytest.mark.parametrize("later", [HOUR, 1e15, float("inf")])
def test_an_alarm_that_is_set_anew_forgets_what_was(alarm: BootAlarm, later: float) -> None:
    alarm.set(now() - 1)
    assert rings(alarm, 20)
    alarm.set(later if later > HOUR else now() + later)
    assert not rings(alarm, 0.05)
    alarm.set(now() + 0.05)
    assert rings(alarm, 20)


def test_an_alarm_goes_by_the_clock_that_does_not_stop_in_a_suspension(alarm: BootAlarm) -> None:
    alarm.set(now() + HOUR)
    told = Path(f"/proc/self/fdinfo/{alarm.fd}").read_text()
    assert f"clockid: {time.CLOCK_BOOTTIME}\n" in told
