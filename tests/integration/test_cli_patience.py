"""Commands that wait longer than one request to a master may take."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from cli.__main__ import fleetcron
from common import keys
from common.constants import JOB_KILLER_DIR
from common.owed import ENDED, RUNNING, Owed, pack
from common.sqlite_log import SqliteLogStore
from common.store import Store, put
from tests.integration.mastering import NOON, Caller, a_job, served
from tests.waiting import until

RUN = f"a@{NOON}"
HOLDER = "10.0.0.7.0123abcd"
HURRIED = 5.0
"""A request may take so many seconds, which are all kept for its answer."""


@pytest.fixture
def hurried(store: Store, logs: SqliteLogStore) -> Iterator[Caller]:
    """A master whose answers wait for nothing, and a job of which something runs."""
    with served(store, logs, write_timeout_seconds=HURRIED) as caller:
        caller.save(**a_job())
        put(store, keys.run("a", RUN), pack(Owed(RUNNING, HOLDER, NOON, 0, 1)))
        yield caller


def end_once_killed(store: Store) -> None:
    """Do as the run's worker does when it hears of the kill."""
    until(lambda: store.snapshot(JOB_KILLER_DIR).entries, why="the kill is put")
    owed = Owed(ENDED, HOLDER, NOON, 0, 1, outcome="killed", err="signal: terminated")
    put(store, keys.run("a", RUN), pack(owed))


def test_a_kill_waits_for_as_long_as_was_said(store: Store, hurried: Caller) -> None:
    worker = threading.Thread(target=end_once_killed, args=(store,))
    worker.start()
    asked = ["job", "kill", "a", "--timeout", "60", "--server", f"http://127.0.0.1:{hurried.port}"]
    result = CliRunner().invoke(fleetcron, asked)
    worker.join()
    told = f"{RUN} on 10.0.0.7: killed: signal: terminated\n"
    assert (result.exit_code, result.stdout) == (0, told), result.stderr
