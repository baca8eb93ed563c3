"""When no more runs are begun, since processes or descriptors would be short."""

import os
from collections.abc import Sequence

import pytest

from tests.turned_clock import TurnedClock
from worker.admission import LOOK_SECONDS, PART, RELIEF_SECONDS, Admission
from worker.executor_setup import runs_within
from worker.process_limits import Amount

ME = (os.getpid(),)


class Host:
    """An admission on a turned clock, and a host whose processes a test counts."""

    def __init__(self, used: int = 10, most: int = 100) -> None:
        self.clock = TurnedClock()
        self.used, self.most, self.looks = used, most, 0
        self.admission = Admission(self.clock, self.look)

    def look(self, pids: Sequence[int]) -> list[Amount]:
        """As a test said."""
        self.looks += 1
        return [Amount("of the host", 1, 10_000), Amount("of it", self.used, self.most)]

    def room(self, free: int = 64) -> int:
        """The room a while later."""
        self.clock.turn(LOOK_SECONDS)
        return self.admission.room(free, 0, ME)


def test_a_run_counts_as_two_processes_up_to_four_fifths_of_the_tightest_limit() -> None:
    assert Host(used=10).room() == 35
    assert Host(used=78).room() == 1
    assert Host(used=79).room() == Host(used=100).room() == 0


def test_where_there_is_plenty_slots_alone_count_and_where_they_are_full_nobody_looks() -> None:
    host = Host(most=10_000)
    assert host.room(free=7) == 7
    looks = host.looks
    assert (host.room(free=0), host.room(free=-3)) == (0, -3)
    assert host.looks == looks


def test_what_is_handed_out_counts_until_it_has_started_and_is_counted_itself() -> None:
    host = Host(used=70)
    for run_id in ("a", "b", "c"):
        host.admission.handed(run_id)
    assert host.room() == 2
    host.admission.started("a")
    host.admission.over("b")
    assert host.room() == 4


def test_much_may_be_asked_of_one_look() -> None:
    host = Host()
    assert {host.admission.room(64, 0, ME) for _ in range(100)} == {35}
    assert host.looks == 1


def test_an_end_is_looked_at_at_once_where_runs_are_held_back() -> None:
    host = Host(used=90)
    assert host.room() == 0
    host.used = 70
    host.admission.over("a")
    assert host.admission.room(64, 0, ME) == 5


def test_that_runs_are_held_back_is_said_once_and_why_is_told_while_it_lasts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    host = Host(used=95)
    for used in (95, 95, 70, 95):
        host.used = used
        host.room()
    assert host.admission.short_of == "of it: 95 of 100, 80% may be taken"
    assert caplog.text.count("no run is taken") == 1
    host.used = 10
    assert host.room() == 35
    assert host.admission.short_of == ""
    assert "taken again" not in caplog.text
    host.clock.turn(RELIEF_SECONDS)
    assert host.room()
    assert caplog.text.count("runs are taken") == 1


def test_descriptors_hold_runs_back_as_processes_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.admission.descriptor_limits", lambda pids: [100, 100])
    host = Host(most=10_000)
    runs = host.room()
    assert 1 < runs == 2 * runs_within(100, PART) < 64
    assert host.admission.room(64, runs, ME) == 0
    assert host.admission.short_of.startswith("descriptors: ")
