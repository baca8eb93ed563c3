"""A run that was lost is run again, but not where a kill was meant for it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from common import keys
from common.killer import pack_kill
from common.owed import ENDED, RUNNING, Owed, pack, unpack
from common.record import LOST
from common.store import Outcome, Store, Transaction, put
from tests.integration.claiming import T0, Worker
from tests.integration.heritage import DEAD, first, look
from worker.waits import Waits

RUN_ID = f"backup@{T0}"
RUNS = Owed(RUNNING, DEAD, T0, 0, 3, rerun_ms=0)


class Meddled:
    """A store in which something happens right before the first request for many things."""

    def __init__(self, store: Store, kill: bytes) -> None:
        self._store = store
        self._kills = [kill]

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit_many(
        self, transactions: Sequence[Transaction], timeout: float | None = None
    ) -> list[Outcome]:
        """As the store does."""
        while self._kills:
            put(self._store, keys.killer("backup"), self._kills.pop())
        return list(self._store.commit_many(transactions, timeout))


def taken_over(living: list[Worker]) -> tuple[Owed, list[str]]:
    """What the lost run's key says after it was taken over, and what waits then."""
    heir = first(living)
    heir.clock.turn(31)
    look(heir)
    entry = heir.store.get(keys.run("backup", RUN_ID))
    assert entry
    return unpack(entry.value), [e.claim.run_id for e in heir.heard if isinstance(e, Waits)]


@pytest.mark.parametrize("run_id", ["", RUN_ID])
def test_a_lost_run_that_was_to_be_killed_is_not_run_again(
    living: list[Worker], run_id: str
) -> None:
    store = living[0].store
    put(store, keys.run("backup", RUN_ID), pack(RUNS))
    put(store, keys.killer("backup"), pack_kill(run_id, "ada"))
    owed, waits = taken_over(living)
    assert (owed.state, owed.outcome, waits) == (ENDED, LOST, [])
    assert "it is not run again: killed on request of ada" in owed.err
    assert store.get(keys.run("backup", f"{RUN_ID}+1")) is None


def test_a_kill_in_the_very_moment_of_the_take_over_counts(living: list[Worker]) -> None:
    heir = first(living)
    put(heir.store, keys.run("backup", RUN_ID), pack(RUNS))
    meddled = Meddled(heir.store, pack_kill("", "ada"))
    heir.claimer._committer._store = meddled  # type: ignore[assignment]
    owed, waits = taken_over(living)
    assert (owed.outcome, waits) == (LOST, [])


def test_a_kill_before_the_lost_run_lets_it_be_run_again(
    living: list[Worker],
) -> None:
    store = living[0].store
    put(store, keys.killer("backup"), pack_kill("", "ada"))
    put(store, keys.run("backup", RUN_ID), pack(RUNS))
    assert taken_over(living)[1] == [f"{RUN_ID}+1"]


def test_a_kill_of_another_run_lets_the_lost_one_be_run_again(living: list[Worker]) -> None:
    store = living[0].store
    put(store, keys.run("backup", RUN_ID), pack(RUNS))
    put(store, keys.killer("backup"), pack_kill("backup@7", "ada"))
    assert taken_over(living)[1] == [f"{RUN_ID}+1"]


def test_a_lost_run_that_is_not_to_be_run_again_says_nothing_of_a_kill(
    living: list[Worker],
) -> None:
    store = living[0].store
    put(store, keys.run("backup", RUN_ID), pack(replace(RUNS, rerun_ms=None)))
    put(store, keys.killer("backup"), pack_kill("", "ada"))
    owed, waits = taken_over(living)
    assert (owed.outcome, waits) == (LOST, [])
    assert "killed" not in owed.err
