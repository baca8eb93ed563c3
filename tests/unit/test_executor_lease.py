"""When a run that must not outlive its worker's lease is told to end."""

from dataclasses import replace

import pytest

from tests.unit.test_orders import ORDER
from worker.command_kill import KillSwitch
from worker.executor_lease import Leases
from worker.orders import CUT_OFF, Extend

NEVER = float("inf")


class Hung:
    """A run's lease until 100, with a last notice of 5 s, and the switch that hangs on it."""

    def __init__(self, notice: float | None = 5.0) -> None:
        self.switch = KillSwitch()
        self.order = replace(ORDER, incarnation="me", not_after=100.0, cut_off_seconds=notice)
        self.leases = Leases()
        self.lease = self.leases.add(self.order, self.switch)

    @property
    def told(self) -> tuple[str | None, bool]:
        """Why it was told to end, and whether at once."""
        return self.switch.reason, self.switch.at_once


def test_a_run_is_left_alone_until_its_notice() -> None:
    hung = Hung()
    assert hung.leases.enforce(0.0) == hung.leases.enforce(94.9) == 95.0
    assert hung.told == (None, False)


def test_a_run_gets_term_at_its_notice_and_kill_when_its_lease_ends() -> None:
    hung = Hung()
    assert hung.leases.enforce(95.0) == 100.0
    assert hung.told == (CUT_OFF, False)
    assert hung.leases.enforce(100.0) == NEVER
    assert hung.told == (CUT_OFF, True)


def test_a_run_whose_machine_slept_through_all_of_it_is_killed_at_once() -> None:
    hung = Hung()
    assert hung.leases.enforce(4000.0) == NEVER
    assert hung.told == (CUT_OFF, True)


def test_a_run_that_is_to_be_kept_is_never_told() -> None:
    hung = Hung(notice=None)
    assert hung.leases.enforce(4000.0) == NEVER
    assert hung.told == (None, False)


def test_a_notice_of_nothing_means_kill_at_the_end() -> None:
    hung = Hung(notice=0.0)
    assert hung.leases.enforce(99.9) == 100.0
    assert hung.leases.enforce(100.0) == NEVER
    assert hung.told == (CUT_OFF, True)


def test_an_extension_puts_it_off() -> None:
    hung = Hung()
    hung.leases.extend(Extend("me", 130.0))
    assert hung.leases.enforce(100.0) == 125.0
    assert hung.told == (None, False)


def test_an_extension_never_shortens() -> None:
    hung = Hung()
    hung.leases.extend(Extend("me", 30.0))
    assert hung.leases.enforce(50.0) == 95.0


def test_an_extension_of_another_incarnation_is_none_of_its_business() -> None:
    hung = Hung()
    hung.leases.extend(Extend("another", 130.0))
    assert hung.leases.enforce(95.0) == 100.0
    assert hung.told == (CUT_OFF, False)


def test_a_run_killed_on_request_still_has_to_be_gone_when_its_lease_ends() -> None:
    hung = Hung()
    hung.switch.pull("on request")
    hung.leases.enforce(95.0)
    assert hung.told == ("on request", False)
    hung.leases.enforce(100.0)
    assert hung.told == ("on request", True)


@pytest.mark.parametrize(("notice", "last"), [(None, 100.0), (0.0, 100.0), (5.0, 95.0)])
def test_nothing_starts_that_would_have_to_end_at_once(notice: float | None, last: float) -> None:
    hung = Hung(notice)
    lease = hung.lease
    assert lease.allows_start(last)
    assert not lease.allows_start(last + 0.001)
    hung.leases.extend(Extend("me", 130.0))
    assert lease.allows_start(last + 30.0)
    assert not lease.allows_start(last + 30.001)


def test_an_extension_that_came_before_the_order_counts() -> None:
    hung = Hung()
    hung.leases.extend(Extend("another", 130.0))
    order = replace(hung.order, run_id="late", incarnation="another", not_after=110.0)
    late = hung.leases.add(order, KillSwitch())
    assert late.allows_start(125.0)


def test_a_run_that_is_over_is_not_looked_at_any_more() -> None:
    hung = Hung()
    hung.leases.remove(hung.order)
    hung.leases.remove(hung.order)
    assert hung.leases.enforce(4000.0) == NEVER
    assert hung.told == (None, False)


def test_each_of_many_runs_is_told_by_its_own_notice() -> None:
    hung = Hung()
    soon, kept = KillSwitch(), KillSwitch()
    hung.leases.add(replace(hung.order, run_id="soon", cut_off_seconds=20.0), soon)
    hung.leases.add(replace(hung.order, run_id="kept", cut_off_seconds=None), kept)
    assert hung.leases.enforce(79.0) == 80.0
    assert hung.leases.enforce(80.0) == 95.0
    assert (soon.reason, hung.switch.reason) == (CUT_OFF, None)
    assert hung.leases.enforce(95.0) == 100.0
    assert (kept.reason, hung.switch.reason) == (None, CUT_OFF)
