"""A worker that is stopped, asked twice, or killed."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import (
    EVERY_SECOND,
    Daemon,
    Master,
    one_worker,
    own,
    running,
    with_outcome,
)
from tests.servers.etcd import EtcdServer
from tests.waiting import until


def test_a_stopped_worker_starts_nothing_records_every_run_and_leaves_nothing(
    tmp_path: Path, master: Master, worker: Daemon
) -> None:
    begun = tmp_path / "begun"
    master.save(own("patient"), f"echo begun; touch {begun}; sleep 1000", "*/2 * * * * * *")
    master.save("quick", "true", EVERY_SECOND)
    until(begun.exists, why="it runs")
    assert worker.child.stop(60) == 0, worker.child.tail()
    assert running(own("patient@")) == []
    record = until(lambda: with_outcome(master, own("patient"), "killed"))
    assert record["output"] == "begun\n"
    assert record["reason"] == "the worker was stopping"
    assert master.call("/worker/list") == []
    owed = worker.log().count("were not written")
    assert owed == 0


@pytest.fixture
def patient(tmp_path: Path, etcd_and_log: dict[str, Any]) -> Iterator[Daemon]:
    """A worker that is ready, and gives its runs ten minutes when it is to stop."""
    with one_worker(tmp_path, etcd_and_log, patience=600) as made:
        yield made


def stop_with_a_run(worker: Daemon, master: Master, ask: signal.Signals) -> None:
    """Ask a worker to stop that has a run of `long`, for which it then waits."""
    master.save(own("long"), "sleep 1000", EVERY_SECOND)
    until(lambda: running(own("long@")), why="it runs")
    worker.child.send(ask)
    until(lambda: "another signal ends what is left" in worker.log(), why="it waits for its runs")


def test_a_kill_ends_a_run_for_which_a_stopping_worker_waits(
    master: Master, patient: Daemon
) -> None:
    stop_with_a_run(patient, master, signal.SIGTERM)
    master.call("/job/kill", name=own("long"))
    assert patient.child.wait(60) == 0
    assert until(lambda: with_outcome(master, own("long"), "killed"))


def test_a_second_signal_ends_the_runs_of_a_stopping_worker_at_once(
    master: Master, patient: Daemon
) -> None:
    stop_with_a_run(patient, master, signal.SIGINT)
    patient.child.send(signal.SIGINT)
    assert patient.child.wait(60) == 0
    assert running(own("long@")) == []
    assert until(lambda: with_outcome(master, own("long"), "killed"))


def test_a_run_with_a_long_grace_that_ignores_term_is_ended_and_recorded_by_a_stop(
    tmp_path: Path, master: Master, own_etcd: EtcdServer, worker: Daemon
) -> None:
    begun = tmp_path / "begun"
    stubborn = f"trap '' TERM; echo begun; touch {begun}; while :; do sleep 0.2; done"
    master.save(own("stubborn"), stubborn, EVERY_SECOND, killGraceSeconds=600)
    until(begun.exists, why="it runs")
    assert worker.child.stop(60) == 0, worker.child.tail()
    assert running(own("stubborn@")) == []
    record = until(lambda: with_outcome(master, own("stubborn"), "killed"))
    assert (record["output"], record["reason"]) == ("begun\n", "the worker was stopping")
    assert own_etcd.etcdctl("get", "--prefix", "--keys-only", "/cron/alive/").split() == []


def test_a_main_process_that_is_killed_takes_its_runs_along(master: Master, worker: Daemon) -> None:
    master.save(own("long"), "sleep 1000", EVERY_SECOND)
    until(lambda: running(own("long@")), why="it runs")
    master.call("/job/delete", name=own("long"))
    worker.child.send(signal.SIGKILL)
    until(lambda: not running(own("long@")), why="its executors end it")


def test_a_stop_wakes_executors_that_are_frozen_and_records_their_runs(
    tmp_path: Path, master: Master, worker: Daemon
) -> None:
    begun = tmp_path / "begun"
    master.save(own("frozen"), f"echo begun; touch {begun}; exec sleep 1000", EVERY_SECOND)
    until(begun.exists, why="it runs")
    for executor in worker.processes()[1:]:
        executor.suspend()
    assert worker.child.stop(60) == 0, worker.child.tail()
    assert running(own("frozen@")) == []
    record = with_outcome(master, own("frozen"), "killed")
    assert record
    assert (record["output"], record["reason"]) == ("begun\n", "the worker was stopping")
