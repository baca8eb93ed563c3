"""A claimer whose clock does not agree with others moves no watermark, and does it later."""

import pytest

from common import keys
from common.clock import read
from common.clocks import Clocks
from common.job import Job, pack_job
from common.store import Store, delete, put
from common.watermark import pack_watermark, unpack_watermark
from tests.integration.claiming import NAME, T0, Worker, make_worker
from tests.turned_clock import TurnedClock
from worker.asks import Adopt, Ask, Nudge, Retire
from worker.events import Adopted

HOUR = 3_600_000


@pytest.fixture
def clock() -> TurnedClock:
    """A clock that is right at first."""
    return TurnedClock(wall_ms=T0)


@pytest.fixture
def worker(any_store: Store, clock: TurnedClock) -> Worker:
    """A worker that has heard another clock."""
    clocks = Clocks()
    clocks.measured("log store", clock.now_ms, read(clock), 0.0)
    return make_worker(any_store, clock, clocks)


def do(worker: Worker, *asks: Ask) -> None:
    """Let the claimer do these, and what was put off long enough."""
    for ask in (*asks, Nudge()):
        worker.claimer.inbox.put(ask)
    worker.claimer.step()


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_watermark_is_made_only_by_a_clock_that_agrees(
    worker: Worker, clock: TurnedClock, step: int
) -> None:
    revision = put(worker.store, keys.job(NAME), pack_job(Job(NAME, "true", "* * * * *"))).revision
    clock.now_ms += step
    do(worker, Adopt(NAME, revision))
    assert worker.store.get(keys.fired(NAME)) is None
    clock.now_ms -= step
    clock.turn(3)
    do(worker)
    do(worker)
    entry = worker.store.get(keys.fired(NAME))
    assert entry
    assert unpack_watermark(entry.value) == T0 + 3000
    assert Adopted({NAME: (revision, T0 + 3000)}) in worker.heard


def test_a_deleted_jobs_watermark_is_given_its_day_only_by_a_clock_that_agrees(
    worker: Worker, clock: TurnedClock
) -> None:
    put(worker.store, keys.job(NAME), pack_job(Job(NAME, "true", "* * * * *")))
    put(worker.store, keys.fired(NAME), pack_watermark(T0 - 1))
    gone = delete(worker.store, keys.job(NAME)).revision
    clock.now_ms += HOUR
    do(worker, Retire(NAME, gone))
    entry = worker.store.get(keys.fired(NAME))
    assert entry
    assert (unpack_watermark(entry.value), entry.lease) == (T0 - 1, 0)
    clock.now_ms -= HOUR
    clock.turn(3)
    do(worker)
    do(worker)
    entry = worker.store.get(keys.fired(NAME))
    assert entry
    assert unpack_watermark(entry.value) == T0 + 3000
    assert entry.lease
