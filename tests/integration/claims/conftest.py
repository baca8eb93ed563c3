"""A worker without threads, over each store."""

from collections.abc import Iterator

import pytest

from common.store import Store
from tests.integration.claiming import Worker, make_worker, working
from tests.turned_clock import TurnedClock


@pytest.fixture
def worker(any_store: Store) -> Iterator[Worker]:
    """A worker that has looked around once, and its job."""
    with working(any_store) as made:
        yield made


@pytest.fixture
def clock(worker: Worker) -> TurnedClock:
    """The worker's clock."""
    return worker.clock


@pytest.fixture
def other(worker: Worker) -> Iterator[Worker]:
    """One that is left when the first dies."""
    made = make_worker(worker.store, worker.clock)
    yield made
    made.presence.close()
