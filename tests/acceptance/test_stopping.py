"""A worker that is stopped, asked twice, or killed."""

import signal
from pathlib import Path
from typing import Any

from tests.acceptance.fleet import EVERY_SECOND, Daemon, Master, running, with_outcome, workers
from tests.servers.etcd import EtcdServer
from tests.waiting import until


def test_a_stopped_worker_starts_nothing_records_every_run_and_leaves_nothing(
    master: Master, worker: Daemon
) -> None:
    master.save("patient", "echo begun; sleep 1000", "*/2 * * * * * *")
    master.save("quick", "true", EVERY_SECOND)
    until(lambda: running("patient@"), why="it runs")
    assert worker.child.stop(60) == 0, worker.child.tail()
    assert running("patient@") == []
    record = until(lambda: with_outcome(master, "patient", "killed"))
    assert record["output"] == "begun\n"
    assert record["reason"] == "the worker was stopping"
    assert master.call("/worker/list") == []
    owed = worker.log().count("were not written")
    assert owed == 0


def test_a_kill_ends_a_run_for_which_a_stopping_worker_waits(
    tmp_path: Path, master: Master, etcd_and_log: dict[str, Any]
) -> None:
    (patient,) = workers(tmp_path, 1, etcd_and_log, stop_timeout_seconds=600)
    patient.start()
    master.save("long", "sleep 1000", EVERY_SECOND)
    until(lambda: running("long@"), why="it runs")
    patient.child.send(signal.SIGTERM)
    until(lambda: "to end" in patient.log(), why="the worker waits for it")
    master.call("/job/kill", name="long")
    assert patient.child.wait(60) == 0
    assert with_outcome(master, "long", "killed")


def test_a_second_signal_ends_the_runs_of_a_stopping_worker_at_once(
    tmp_path: Path, master: Master, etcd_and_log: dict[str, Any]
) -> None:
    (worker,) = workers(tmp_path, 1, etcd_and_log, stop_timeout_seconds=600)
    worker.start()
    master.save("patient", "sleep 1000", EVERY_SECOND)
    until(lambda: running("patient@"), why="it runs")
    worker.child.send(signal.SIGINT)
    until(lambda: "another signal ends them" in worker.log(), why="it waits for its runs")
    worker.child.send(signal.SIGINT)
    assert worker.child.wait(30) == 0
    assert running("patient@") == []
    assert until(lambda: with_outcome(master, "patient", "killed"))


def test_a_run_with_a_long_grace_that_ignores_term_is_ended_and_recorded_by_a_stop(
    master: Master, own_etcd: EtcdServer, worker: Daemon
) -> None:
    stubborn = "trap '' TERM; echo begun; while :; do sleep 0.2; done"
    master.save("stubborn", stubborn, EVERY_SECOND, killGraceSeconds=600)
    until(lambda: running("stubborn@"), why="it runs")
    assert worker.child.stop(60) == 0, worker.child.tail()
    assert running("stubborn@") == []
    record = until(lambda: with_outcome(master, "stubborn", "killed"))
    assert (record["output"], record["reason"]) == ("begun\n", "the worker was stopping")
    assert own_etcd.etcdctl("get", "--prefix", "--keys-only", "/cron/alive/").split() == []


def test_a_main_process_that_is_killed_takes_its_runs_along(master: Master, worker: Daemon) -> None:
    master.save("long", "sleep 1000", EVERY_SECOND)
    until(lambda: running("long@"), why="it runs")
    master.call("/job/delete", name="long")
    worker.child.send(signal.SIGKILL)
    until(lambda: not running("long@"), 20, "its executors end it")
