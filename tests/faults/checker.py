"""The checker: every invariant, on what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.faults.check_attempts import later_attempts_follow_failures, nothing_is_given_up_early
from tests.faults.check_daemons import nothing_leaks, nothing_spins, tables_agree
from tests.faults.check_instants import no_storms, punctuality, traces
from tests.faults.check_orders import killed_as_asked, run_as_asked
from tests.faults.check_runs import (
    fences_rise,
    gaps_are_true,
    logs_are_whole,
    nothing_left_alive,
    ran_alone,
    recorded_once,
    started_once,
)
from tests.faults.check_turns import nothing_starts_at_rest, one_waits, turns_are_taken
from tests.faults.evidence import Case, Violation

CHECKS: tuple[Callable[[Case], Iterator[Violation]], ...] = (
    started_once,
    ran_alone,
    traces,
    recorded_once,
    gaps_are_true,
    tables_agree,
    nothing_leaks,
    nothing_left_alive,
    logs_are_whole,
    no_storms,
    nothing_spins,
    fences_rise,
    later_attempts_follow_failures,
    nothing_is_given_up_early,
    run_as_asked,
    killed_as_asked,
    one_waits,
    turns_are_taken,
    nothing_starts_at_rest,
)


def check(case: Case, punctual: float = 1.0) -> list[Violation]:
    """What does not hold; at least the share `punctual` of healthy time must have been in time."""
    found = [violation for holds in CHECKS for violation in holds(case)]
    kept = punctuality(case)
    if kept.share < punctual:
        found += [Violation("I3", job, f"{plan} {why}") for job, plan, why in kept.late]
    return found
