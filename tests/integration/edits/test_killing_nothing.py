"""Kills of what is over or nobody knows are refused, and nothing is put."""

from __future__ import annotations

import pytest

from common import keys
from common.clock import SystemClock
from common.log_store import LogBatch
from common.owed import ENDED
from common.record import KILLED, SUCCESS
from common.sqlite_log import SqliteLogStore
from common.store import Store
from master.killing import Killing
from master.refusals import NoSuchJob, NoSuchRun
from tests.integration.edits.killing import NEXT, RUN, Kills, owe, record
from tests.integration.mastering import contents


def test_a_run_that_is_over_is_told_with_how_it_ended(
    store: Store, logs: SqliteLogStore, killing: Kills
) -> None:
    logs.write(LogBatch((record(RUN, KILLED),)))
    before = contents(store)
    with pytest.raises(NoSuchRun, match=f"^{RUN} is over: killed$"):
        killing(RUN).begin()
    owe(store, NEXT, ENDED, SUCCESS)
    with pytest.raises(NoSuchRun, match=f"^{NEXT} is over: success: signal: killed$"):
        killing(NEXT).begin()
    assert contents(store).keys() - before.keys() == {keys.run("a", NEXT)}


@pytest.mark.parametrize("run_id", ["a@1", "b@1", "nonsense", "a@" + "9" * 500, "\udcff"])
def test_a_run_that_nobody_knows_is_refused_and_nothing_is_put(
    store: Store, killing: Kills, run_id: str
) -> None:
    with pytest.raises(NoSuchRun, match=r"no run '.*' of the job 'a' is known"):
        killing(run_id).begin()
    assert store.get(keys.killer("a")) is None


def test_a_job_that_nobody_knows_is_refused(store: Store, logs: SqliteLogStore) -> None:
    with pytest.raises(NoSuchJob, match="no job named 'gone'"):
        Killing(store, logs, SystemClock(), "gone").begin()
