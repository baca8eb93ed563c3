"""A watch on each store."""

from collections.abc import Iterator

import pytest

from common.constants import JOB_WORKER_DIR
from common.store import Store
from tests.integration.watching import Desk
from worker.events import WorkersSeen
from worker.watch import PREFIXES


@pytest.fixture
def desk(any_store: Store) -> Iterator[Desk]:
    """A desk on an empty store."""
    made = Desk(any_store)
    assert made.hear(1) == [WorkersSeen(())]
    for _ in PREFIXES[PREFIXES.index(JOB_WORKER_DIR) + 1 :]:
        made.watcher.step()
    yield made
    made.watcher.close()
