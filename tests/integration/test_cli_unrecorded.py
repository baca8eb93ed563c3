"""`fleetcron logs` of a run that is over and waits for its record."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from cli import live_output
from cli.__main__ import fleetcron
from common import keys
from common.errors import LogStoreLost
from common.log_store import JobLogFilter, LogBatch, LogStore
from common.owed import ENDED, Owed, pack
from common.record import JobLog
from common.sqlite_log import SqliteLogStore
from common.store import Store, put
from tests.contract.log_store_room import T, run
from tests.integration.mastering import a_job, served

RUN = f"a@{T + 1000}"
TOLD = f"{RUN} on 10.0.0.7: killed: on request of ann\n"
TO_COME = "(its record is still to come, and with it what it printed)\n"


def logs_of(store: Store, logs: LogStore) -> Result:
    """What is shown of a job's newest run, which was killed."""
    with served(store, logs) as master:
        master.save(**a_job())
        owed = Owed(
            ENDED, "10.0.0.7.0123abcd", T + 1000, 0, 1, outcome="killed", err="on request of ann"
        )
        put(store, keys.run("a", RUN), pack(owed))
        server = f"http://127.0.0.1:{master.port}"
        return CliRunner().invoke(fleetcron, ["logs", "a", "--server", server])


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_output, "FIRST_SECONDS", 0.5)


def test_its_end_is_told_and_that_its_record_is_still_to_come(
    store: Store, logs: SqliteLogStore
) -> None:
    shown = logs_of(store, logs)
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, "", TOLD + TO_COME)


def test_the_record_of_an_earlier_run_is_not_shown_for_it(
    store: Store, logs: SqliteLogStore
) -> None:
    logs.write(LogBatch((run("a", 0, output="before"),)))
    shown = logs_of(store, logs)
    assert (shown.stdout, shown.stderr) == ("", TOLD + TO_COME)


def test_the_record_of_a_later_run_is_shown_instead(store: Store, logs: SqliteLogStore) -> None:
    logs.write(LogBatch((run("a", 2000, output="after\n"),)))
    assert logs_of(store, logs).stdout == "after\n"


def test_its_record_is_shown_once_it_is_there_though_its_key_is_too(
    store: Store, logs: SqliteLogStore
) -> None:
    logs.write(LogBatch((run("a", 1000, output="so far\n", outcome="killed"),)))
    shown = logs_of(store, logs)
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, "so far\n", TOLD)


def test_while_the_log_store_is_away_its_end_is_told_all_the_same(
    store: Store, logs: SqliteLogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(wanted: JobLogFilter | str, *others: int) -> list[JobLog]:
        raise LogStoreLost("no answer")

    monkeypatch.setattr(logs, "read", away)
    monkeypatch.setattr(logs, "one", away)
    shown = logs_of(store, logs)
    assert shown.exit_code == 1
    assert shown.stderr.startswith(TOLD)
    assert "no answer" in shown.stderr
