"""Which workers may run a job, and what who saves one for too few is told."""

from pathlib import Path

import pytest

from common import keys
from common.job import Job
from common.sqlite_store import SqliteStore
from common.store import put
from master.eligible import warnings
from master.registered import Registered, registered

DB1 = Registered("a", {"role": "db", "host": "db1"})
DB2 = Registered("b", {"role": "db", "host": "db2"})
WEB = Registered("c", {"role": "web", "host": "web1"})
FLEET = (DB1, DB2, WEB)


def job(*where: str, hosts: str | int = "any") -> Job:
    """A job that asks for such workers."""
    return Job("a", "true", "* * * * *", where=where, hosts=hosts)


def test_a_job_that_enough_workers_may_run_is_not_warned_of() -> None:
    for fine in (job(), job("role=db"), job("role=db", hosts=2), job(hosts="all"), job(hosts=3)):
        assert warnings(fine, FLEET) == []
    assert warnings(job(), ()) == []


@pytest.mark.parametrize(
    ("saved", "said"),
    [
        (job("role=db", "host=db7"), "where: no registered worker matches host=db7"),
        (job("role=web", "host=db1"), "where: no registered worker matches all of role=web, host"),
        (job("role=db", hosts=3), "hosts: 3 are wanted, and 2 of the registered workers may run"),
        (job(hosts=9), "it runs on 3"),
    ],
)
def test_who_saves_a_job_for_too_few_workers_is_told_why(saved: Job, said: str) -> None:
    (warning,) = warnings(saved, FLEET)
    assert said in warning


def test_workers_that_drain_run_nothing_now() -> None:
    drained = [Registered("a", {"role": "db"}, draining=True), WEB]
    (warning,) = warnings(job("role=db"), drained)
    assert "draining" in warning
    assert "runs on 1" in warnings(job("role!=x", hosts=2), drained)[0]


def test_without_any_worker_that_is_what_is_said() -> None:
    (warning,) = warnings(job("role=db"), ())
    assert "no worker is registered" in warning


def test_only_registrations_of_ours_are_workers_and_unclear_labels_match_nothing(
    tmp_path: Path,
) -> None:
    store = SqliteStore(tmp_path / "store.db")
    put(store, keys.worker("10.0.0.1"), b"")
    put(store, keys.worker("10.0.0.2"), b'{"labels": {"role": "db"}, "draining": true}')
    put(store, keys.worker("10.0.0.3"), b'{"labels": 7}')
    put(store, keys.worker("10.0.0.4"), b"{")
    found = registered(store)
    store.close()
    labelled, unclear = found
    assert labelled == Registered("10.0.0.2", {"role": "db"}, True)
    assert (unclear.name, unclear.labels) == ("10.0.0.3", {})
    assert [worker.failing(["role!=x"]) for worker in found] == ["", "role!=x"]
    assert [worker.failing([]) for worker in found] == ["", ""]
