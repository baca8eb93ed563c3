"""Row 38: runs that wait for their turn, and whose owner or whose predecessor's worker dies."""

import contextlib
import logging
from collections.abc import Iterator

import pytest

from tests.faults.gated import Gated
from tests.faults.station import Station
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.faults.wires import CLEAR, HOLE
from tests.waiting import NeverHappened, pause, until

log = logging.getLogger(__name__)

EVERY = 6
MORE_SECONDS = 2.0
"""What a waiting run may take beside the lease of whoever held it."""
TURN, TURNS = b'"state":"running"', 6
"""What the request of a turn says, and so many are tried at the most."""


@pytest.fixture(params=["queue", "replace"])
def gates(trial: Trial, request: pytest.FixtureRequest) -> Iterator[Gated]:
    """A job with either overlap, whose first run is held."""
    made = Gated(trial, EVERY, overlap=request.param)
    yield made
    made.let_go()


def starts_soon(gates: Gated, run_id: str, since: int) -> None:
    """Let all go, and check that the waiting run starts soon after `since`.

    A later instant may overtake it while nobody owns it, and must not hold it up then.
    """
    gates.let_go()
    within = gates.trial.fleet.lost_after + MORE_SECONDS
    start = gates.wait_start_of(run_id, within + 3)
    took = gates.trial.instant(start) - since
    log.info("the waiting run starts %.0f ms after", took)
    assert took <= 1000 * within
    assert gates.job.record(start).outcome == "success"


def goes_on(gates: Gated, plan: int) -> None:
    """Check that a later instant is run in its time, for nothing is stuck."""
    within = gates.trial.fleet.lost_after + MORE_SECONDS + 2 * EVERY
    gates.let_go()
    gates.job.wait_start(plan, timeout=within)


def lose_the_turn(gates: Gated, owner: Station, run_id: str) -> None:
    """Let the held run end, and hold the answer to the turn that is won then.

    One that loses to the lock is let through, and tried again by the owner.
    """
    for wire in owner.etcd:
        wire.trap(TURN)
    gates.let_go(gates.held.run_id)
    for _ in range(TURNS):
        until(lambda: any(wire.sprung.is_set() for wire in owner.etcd), why="a turn is tried")
        with contextlib.suppress(NeverHappened):
            until(lambda: gates.owed(run_id).get("state") == "running", 1.0, "it took its turn")
            return
        for wire in owner.etcd:
            wire.trap(TURN)
        owner.reach_etcd(CLEAR)
    raise NeverHappened(f"{run_id} took no turn of {TURNS}")


def test_row_38_its_owner_dies_before_it_waits(gates: Gated) -> None:
    plan = gates.held.plan + 1000 * EVERY
    with gates.trial.fault("the first in rank killed before the instant"):
        pause((plan - now_ms()) / 1000 - 0.7)
        gates.runner.kill()
        killed = now_ms()
        starts_soon(gates, f"{gates.job.name}@{plan}", killed)
        assert gates.job.record(gates.held).outcome == "lost"
        gates.runner.start()


def test_row_38_its_owner_dies_while_it_waits(gates: Gated) -> None:
    gates.trial.fleet.drain(gates.runner)
    run_id, owner = gates.wait_waiting()
    assert owner is not gates.runner
    with gates.trial.fault("the owner killed"):
        owner.kill()
        gates.let_go(gates.held.run_id)
        starts_soon(gates, run_id, now_ms())
        owner.start()


def test_row_38_the_worker_of_the_run_before_it_dies(gates: Gated) -> None:
    gates.trial.fleet.drain(gates.runner)
    run_id, owner = gates.wait_waiting()
    assert owner is not gates.runner
    with gates.trial.fault("the runner killed"):
        gates.runner.kill()
        starts_soon(gates, run_id, now_ms())
        assert gates.job.record(gates.held).outcome == "lost"
        gates.runner.start()


def test_row_38_its_owner_dies_right_before_its_turn(gates: Gated) -> None:
    gates.trial.fleet.drain(gates.runner)
    run_id, owner = gates.wait_waiting()
    with gates.trial.fault("the owner cut off, and killed"):
        owner.reach_etcd(HOLE)
        gates.let_go(gates.held.run_id)
        gates.wait_over(gates.held.run_id)
        pause(1.0)
        owner.kill()
        starts_soon(gates, run_id, now_ms())
        owner.heal()


def test_row_38_its_owner_dies_after_its_turn_and_before_the_start(gates: Gated) -> None:
    gates.trial.fleet.drain(gates.runner)
    run_id, owner = gates.wait_waiting()
    with gates.trial.fault("the turn's answer lost, the owner killed"):
        lose_the_turn(gates, owner, run_id)
        owner.kill()
        plan = int(run_id.partition("@")[2])
        goes_on(gates, plan)
        record = gates.job.wait_record(lambda r: r.run_id == run_id)
        assert record.outcome in ("lost", "not_started")
        assert run_id not in {start.run_id for start in gates.job.starts()}
        owner.heal()


def test_row_38_its_owner_dies_while_it_runs(gates: Gated) -> None:
    gates.trial.fleet.drain(gates.runner)
    run_id, owner = gates.wait_waiting()
    gates.let_go(gates.held.run_id)
    start = gates.wait_start_of(run_id, 5)
    with gates.trial.fault("the owner killed while it runs"):
        owner.kill()
        goes_on(gates, start.plan)
        assert gates.job.record(start).outcome == "lost"
        owner.start()


def test_row_38_its_owner_dies_before_its_record_is_stored(gates: Gated) -> None:
    gates.trial.fleet.drain(gates.runner)
    run_id, owner = gates.wait_waiting()
    with gates.trial.fault("the owner's log store cut off, the owner killed"):
        owner.mongodb.set(HOLE)
        gates.let_go(gates.held.run_id)
        start = gates.wait_start_of(run_id, 10)
        gates.let_go(run_id)
        until(lambda: gates.owed(run_id).get("state") == "ended", why="it has ended")
        owner.kill()
        goes_on(gates, start.plan)
        assert gates.job.record(start).outcome == "success"
        owner.heal()
