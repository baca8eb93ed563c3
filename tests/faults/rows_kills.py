"""Row 29: kills that race with starts."""

import logging
import random
import threading

from tests.faults.bench_job import Job
from tests.faults.orders import Order
from tests.faults.run_names import named
from tests.faults.sizes import size
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.waiting import pause, until

log = logging.getLogger(__name__)

JOBS = 16
KILLS = size(4, 63)
"""Of each job."""
EVERY, LASTS = 2, 1
AIMED_MS = 2000 * EVERY
"""Every second instant is aimed at; those between must come through unharmed."""
NEAR_MS = 50


class Shooter:
    """Kills a job's runs around every second instant; each second time the run by its id."""

    def __init__(self, job: Job, number: int) -> None:
        self.job = job
        self.orders: list[Order] = []
        self.aims: list[int] = []
        self._choice = random.Random(number)
        self._phase_ms = 1000 * EVERY * (number % 2)
        self._thread = threading.Thread(target=self._run, name=f"shooter-{number}", daemon=True)

    def start(self) -> None:
        """Begin to shoot."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the last answer."""
        self._thread.join(AIMED_MS / 1000 * KILLS + 60)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        for number in range(KILLS):
            plan = (now_ms() // AIMED_MS + 1) * AIMED_MS + self._phase_ms
            pause(max(0.0, (plan - now_ms() + self._choice.uniform(-NEAR_MS, NEAR_MS)) / 1000))
            self.aims.append(plan)
            self.orders.append(self.job.kill_surely(f"{self.job.name}@{plan}" * (number % 2)))


def test_row_29_a_kill_that_races_with_a_start_prevents_or_ends_that_run_alone(
    trial: Trial,
) -> None:
    shooters = [Shooter(trial.job(EVERY, f"sleep {LASTS}"), n) for n in range(JOBS)]
    for shooter in shooters:
        shooter.job.wait_start()
    for shooter in shooters:
        shooter.start()
    for shooter in shooters:
        shooter.join()
    last = now_ms()
    for shooter in shooters:
        until(lambda: shooter.job.records()[-1].plan >= last, why="all is recorded")  # noqa: B023
    prevented = sum(_judged(shooter) for shooter in shooters)
    orders = [order for shooter in shooters for order in shooter.orders]
    took = sorted((order.answered or 0) - order.asked for order in orders if order.runs)
    log.info(
        "%d kills at ±%d ms: %d hit a run, %d before it started; answered after %d to %d ms",
        len(orders),
        NEAR_MS,
        len(took),
        prevented,
        took[0],
        took[-1],
    )


def _judged(shooter: Shooter) -> int:
    """Check that a kill ended what it says that it hit and nothing else; how many never began."""
    records = {record.run_id: record for record in shooter.job.records()}
    hit = {run_id for order in shooter.orders for run_id in order.runs}
    assert {records[run_id].outcome for run_id in hit} <= {"killed", "not_started"}
    assert {named(run_id).plan for run_id in hit} <= set(shooter.aims)
    unharmed = {records[run_id].outcome for run_id in records.keys() - hit}
    assert unharmed <= {"success", "skipped_overlap"}, f"not one of {sorted(hit)}"
    assert not any(order.only and set(order.runs) - {order.only} for order in shooter.orders)
    return sum(records[run_id].outcome == "not_started" for run_id in hit)
