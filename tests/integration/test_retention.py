"""Retention over both stores of run logs: what goes by age, number and size, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.audit import AuditEntry
from common.audit_store import AuditFilter
from common.keep_rules import KeepRules
from common.log_store import LogBatch, LogStore
from common.mongo_log import MongoLogStore
from common.record import OUTCOMES
from common.sqlite_log import SqliteLogStore
from common.store import Store
from master.keeper_state import read_state
from master.retention import AT_ONCE
from master.retention_time import DAY_MS
from tests.conftest import MongoDatabase
from tests.integration.retaining import NOW, Pass, left, old


class Timeless(MongoLogStore):
    """Tells no clock of its server's, which is not that of these tests."""

    def clock(self) -> int | None:
        """None."""
        return None


@pytest.fixture(params=["sqlite", "mongo"])
def logs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LogStore]:
    """Both stores of run logs, empty."""
    if request.param == "sqlite":
        opened: LogStore = SqliteLogStore(tmp_path / "log.db")
    else:
        database: MongoDatabase = request.getfixturevalue("mongo_database")
        opened = Timeless(database.settings)
    opened.ping()
    yield opened
    opened.close()


def test_by_age_old_records_go_and_failed_ones_stay_longer(logs: LogStore, store: Store) -> None:
    for outcome in OUTCOMES:
        ages = (1, 11, 39, 41)
        logs.write(LogBatch(tuple(old(n, outcome, outcome=outcome) for n in ages)))
    Pass(logs, store, KeepRules(days=10, failed_days=40)).run()
    plain = {"success", "skipped_overlap", "ran_elsewhere", "not_started"}
    for outcome in OUTCOMES:
        assert left(logs, outcome) == ([1] if outcome in plain else [1, 11, 39])


def test_records_of_the_go_worker_are_judged_by_their_error(logs: LogStore, store: Store) -> None:
    fine = [old(n, "fine", outcome="") for n in (1, 11, 41)]
    bad = [old(n, "bad", outcome="", err="exit status 1") for n in (1, 11, 41)]
    logs.write(LogBatch((*fine, *bad)))
    Pass(logs, store, KeepRules(days=10, failed_days=40)).run()
    assert (left(logs, "fine"), left(logs, "bad")) == ([1], [1, 11])


def test_a_run_that_took_longer_than_records_are_kept_stays_as_long_after_its_end(
    logs: LogStore, store: Store
) -> None:
    ends = {"just": 0.5, "long": 12, "then": 10, "no": None}
    for name, days in ends.items():
        end = 0 if days is None else NOW - round(days * DAY_MS)
        logs.write(LogBatch(tuple(old(40 + n, name, end_time=end) for n in range(3))))
    keeping = Pass(logs, store, KeepRules(days=10, failed_days=40))
    keeping.run()
    assert {name: len(left(logs, name)) for name in ends} == {
        "just": 3, "long": 0, "then": 3, "no": 0,
    }  # fmt: skip
    keeping.clock.turn(DAY_MS / 1000)
    keeping.run()
    assert [len(left(logs, name)) for name in ("just", "then")] == [3, 0]


def test_by_number_a_run_stays_that_was_under_way_when_one_that_stays_began(
    logs: LogStore, store: Store
) -> None:
    logs.write(LogBatch(tuple(old(n) for n in range(8))))
    logs.write(LogBatch((old(20, end_time=NOW - DAY_MS), old(21, end_time=NOW - 9 * DAY_MS))))
    Pass(logs, store, KeepRules(runs=3, failed_runs=3)).run()
    assert left(logs) == [0, 1, 2, 20]


def test_many_old_records_go_in_small_steps(logs: LogStore, store: Store) -> None:
    logs.write(LogBatch(tuple(old(20 + n / DAY_MS, run_id=f"r{n}") for n in range(1200))))
    assert Pass(logs, store, KeepRules(days=10, failed_days=40)).run() == 1 + 1200 // AT_ONCE + 1
    assert left(logs) == []


def test_by_number_the_newest_of_each_job_stay(logs: LogStore, store: Store) -> None:
    for name in ("a", "b"):
        records = [old(n, name) for n in range(8)]
        failed = [old(n + 0.5, name, outcome="failed") for n in range(8)]
        logs.write(LogBatch((*records, *failed)))
    logs.write(LogBatch(tuple(old(n, "few") for n in range(3))))
    Pass(logs, store, KeepRules(runs=3, failed_runs=5)).run()
    for name in ("a", "b"):
        assert left(logs, name) == [0, 0.5, 1, 1.5, 2, 2.5, 3.5, 4.5]
    assert left(logs, "few") == [0, 1, 2]


def test_by_size_the_oldest_go_until_there_is_room(logs: LogStore, store: Store) -> None:
    output = "x" * 20_000
    records = [old(n, outcome="success" if n % 10 else "failed", output=output) for n in range(200)]
    for start in range(0, 200, 50):
        logs.write(LogBatch(tuple(records[start : start + 50])))
    most = logs.size_bytes() // 2
    keeping = Pass(logs, store, KeepRules(bytes=most))
    keeping.run()
    assert logs.size_bytes() <= most
    ages = left(logs)
    plain = [age for age in ages if age % 10]
    assert plain == [n for n in range(200) if n % 10][: len(plain)]
    assert len(plain) > 60
    assert [age for age in ages if not age % 10] == list(range(0, 200, 10))
    before = len(ages)
    keeping.run()
    assert len(left(logs)) == before


def test_what_is_too_large_though_it_is_new_stays_and_that_is_told(
    logs: LogStore, store: Store
) -> None:
    logs.write(LogBatch(tuple(old(0, run_id=f"r{n}", output="x" * 5000) for n in range(20))))
    keeping = Pass(logs, store, KeepRules(bytes=1000))
    keeping.run()
    assert len(left(logs)) == 20
    state = read_state(store)
    assert state is not None
    assert "nothing older than a minute is left" in state["problem"]


def test_old_entries_of_the_audit_go(logs: LogStore, store: Store) -> None:
    ages = [NOW - days * DAY_MS for days in (1, 9, 11, 12)]
    logs.audit.write([AuditEntry(at, "run", identity=f"{at:013d}-00000000") for at in ages])
    Pass(logs, store, KeepRules(audit_days=10)).run()
    assert [entry.at for entry in logs.audit.read(AuditFilter(), "", 10)] == ages[:2]


def test_without_rules_nothing_goes_and_what_there_is_is_told(logs: LogStore, store: Store) -> None:
    logs.write(LogBatch((old(20_000), old(1))))
    assert Pass(logs, store, KeepRules()).run() == 1
    assert left(logs) == [1, 20_000]
    state = read_state(store)
    assert state is not None
    assert abs(state["oldest"] - (NOW - 20_000 * DAY_MS)) <= 1000
    assert (state["by"], state["removed"], state["problem"]) == ("me", {}, "")
    assert state["bytes"] > 0


def test_what_was_removed_is_told_by_rule(logs: LogStore, store: Store) -> None:
    logs.write(LogBatch(tuple(old(n) for n in range(20))))
    Pass(logs, store, KeepRules(days=9.5, failed_days=40, runs=4, failed_runs=4)).run()
    state = read_state(store)
    assert state is not None
    assert state["removed"] == {"age": 10, "runs": 6}
