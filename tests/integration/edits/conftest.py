"""Fixtures of the tests of edits: both stores, a clock at noon, edits over them, and who asks."""

from collections.abc import Callable

import pytest

from common.clock import SystemClock
from common.sqlite_log import SqliteLogStore
from common.store import Store
from master.edits import Edits
from master.killing import Killing
from master.run_now import RunNow
from master.run_states import RunStates
from tests.integration.edits.asking import Asking
from tests.integration.edits.killing import Kills
from tests.integration.mastering import TurnedClock, a_job


@pytest.fixture
def store(any_store: Store) -> Store:
    """Both stores, empty."""
    return any_store


@pytest.fixture
def clock() -> TurnedClock:
    """The master's clock, at noon."""
    return TurnedClock()


@pytest.fixture
def edits(store: Store, clock: TurnedClock) -> Edits:
    """Edits in a fleet that lives by UTC."""
    return Edits(store, "UTC", clock)


@pytest.fixture
def killing(store: Store, logs: SqliteLogStore, edits: Edits) -> Kills:
    """Kills of the job `a`, which is there."""
    edits.save(a_job())
    return lambda run_id="": Killing(store, logs, SystemClock(), "a", run_id)


@pytest.fixture
def asking(store: Store, logs: SqliteLogStore, edits: Edits, clock: TurnedClock) -> Asking:
    """What asks for runs; the job `a` is there."""
    edits.save(a_job())

    def made(over: Store = store, required: Callable[[], int] = clock) -> RunNow:
        return RunNow(over, RunStates(over, logs, SystemClock()), "UTC", required)

    return made
