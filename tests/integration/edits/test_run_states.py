"""What is told of a run that was asked for, against real stores."""

from __future__ import annotations

import pytest

from common import keys
from common.clock import SystemClock
from common.log_store import LogBatch
from common.owed import ENDED, RUNNING, Owed, pack
from common.record import SUCCESS, JobLog
from common.sqlite_log import SqliteLogStore
from common.store import Store, delete, put
from master.refusals import NoSuchRun
from master.run_now import Wish
from master.run_states import RunStates
from tests.integration.edits.asking import Asking
from tests.integration.mastering import NOON


def test_the_state_of_a_run_is_told_from_its_asking_to_its_record(
    store: Store, logs: SqliteLogStore, asking: Asking
) -> None:
    states = RunStates(store, logs, SystemClock())
    (run_id,) = asking().ask(Wish("a", "ann"))
    said = states.read("a", run_id)
    assert (said["state"], said["text"]) == ("asked", "asked for, no worker has taken it up yet")
    owed = Owed(RUNNING, "w1.0123abcd", NOON, 0, 1)
    put(store, keys.run("a", run_id), pack(owed))
    delete(store, keys.trigger("a", run_id.partition("!")[2]))
    assert states.read("a", run_id)["text"] == "runs on w1"
    ended = Owed(ENDED, "w1.0123abcd", NOON, 0, 1, outcome=SUCCESS)
    put(store, keys.run("a", run_id), pack(ended))
    said = states.wait("a", run_id, 0.3)
    assert (said["state"], said["outcome"], said["record"]) == ("ended", "success", None)
    record = JobLog("a", "true", "", "hi\n", NOON, NOON, NOON, NOON, run_id, SUCCESS, "w1")
    logs.write(LogBatch((record,)))
    said = states.wait("a", run_id, 20)
    assert (said["worker"], said["record"]["output"]) == ("w1", "hi\n")
    delete(store, keys.run("a", run_id))
    assert states.read("a", run_id)["record"]["output"] == "hi\n"


@pytest.mark.parametrize("run_id", ["a@1", "b@1", "", "a", "a@1!0f"])
def test_a_run_that_nobody_knows_has_no_state(
    store: Store, logs: SqliteLogStore, asking: Asking, run_id: str
) -> None:
    with pytest.raises(NoSuchRun):
        RunStates(store, logs, SystemClock()).read("a", run_id)
