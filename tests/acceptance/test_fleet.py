"""Three workers, a master, etcd and MongoDB: what a user of a fleet sees."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import Daemon, Master, running, stores, workers
from tests.servers.etcd import EtcdServer
from tests.servers.etcd_cluster import EtcdCluster
from tests.servers.mongodb import MongoServer, RunningMongo
from tests.waiting import until

EVERY_SECOND = "* * * * * * *"


@pytest.fixture
def etcd_and_log(own_etcd: EtcdServer, clean_mongodb: MongoServer | RunningMongo) -> dict[str, Any]:
    """The settings of the two stores, both empty."""
    return stores([own_etcd.endpoint], clean_mongodb.uri)


@pytest.fixture
def master(tmp_path: Path, etcd_and_log: dict[str, Any]) -> Iterator[Master]:
    """A master that is ready."""
    made = Master(tmp_path / "master", etcd_and_log)
    made.start()
    yield made
    made.child.stop(20)


@pytest.fixture
def worker(tmp_path: Path, etcd_and_log: dict[str, Any]) -> Iterator[Daemon]:
    """One worker that is ready."""
    (made,) = workers(tmp_path, 1, etcd_and_log, stop_timeout_seconds=2)
    made.start()
    yield made
    made.child.stop(60)


def test_with_three_workers_every_due_instant_runs_once_and_has_one_record(
    tmp_path: Path, etcd_cluster: EtcdCluster, clean_mongodb: MongoServer | RunningMongo
) -> None:
    settings = stores(etcd_cluster.endpoints, clean_mongodb.uri)
    fleet = workers(tmp_path, 3, settings)
    master = Master(tmp_path / "master", settings)
    for daemon in (*fleet, master):
        daemon.start(wait=False)
    for daemon in (*fleet, master):
        daemon.wait_ready()
    assert len(master.call("/worker/list")) == 3
    witness = tmp_path / "witness"
    master.save("tick", f"echo $FLEETCRON_PLAN_TIME >> {witness}; sleep 0.005", EVERY_SECOND)
    until(lambda: len(_lines(witness)) >= 12, 60, "a dozen runs")
    master.call("/job/delete", name="tick")
    for daemon in fleet:
        assert daemon.child.stop(60) == 0, daemon.child.tail()
    started = _lines(witness)
    records = [log for log in master.logs("tick") if log["outcome"] == "success"]
    assert len(set(started)) == len(started)
    assert sorted(str(log["planTime"]) for log in records) == sorted(started)
    plans = sorted(int(plan) for plan in started)
    assert plans == list(range(plans[0], plans[-1] + 1, 1000))
    assert master.child.stop(20) == 0


def test_what_etcdctl_alone_puts_in_the_fixed_format_is_obeyed(
    tmp_path: Path,
    own_etcd: EtcdServer,
    clean_mongodb: MongoServer | RunningMongo,
    worker: Daemon,
) -> None:
    witness = tmp_path / "witness"
    job = {
        "name": "by hand",
        "command": f"echo x >> {witness}; sleep 60",
        "cronExpr": "* * * * * * *",
    }
    own_etcd.etcdctl("put", "/cron/jobs/by hand", json.dumps(job))
    until(lambda: running("by hand@"), why="it runs")
    own_etcd.etcdctl("del", "/cron/jobs/by hand")
    lease = own_etcd.etcdctl("lease", "grant", "1").split()[1]
    own_etcd.etcdctl("put", f"--lease={lease}", "/cron/killer/by hand", "")
    until(lambda: not running("by hand@"), why="it is killed")
    with clean_mongodb.client() as client:
        collection = client["cron"]["log"]
        document = until(lambda: collection.find_one({"jobName": "by hand", "outcome": "killed"}))
    fixed = "jobName command err output planTime scheduleTime startTime endTime".split()
    assert [type(document[name]).__name__ for name in fixed] == ["str"] * 4 + ["Int64"] * 4
    assert document["_id"] == f"by hand@{document['planTime']}"
    assert document["command"] == job["command"]
    assert len(_lines(witness)) == 1


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        ("echo so far; sleep 1000 & sleep 1000", "killed"),
        ("trap '' TERM; echo so far; while true; do sleep 1; done", "killed"),
    ],
    ids=["with children", "ignores TERM"],
)
def test_a_kill_ends_the_whole_tree_and_keeps_the_output_so_far(
    master: Master, worker: Daemon, command: str, outcome: str
) -> None:
    master.save("stubborn", command, EVERY_SECOND, killGraceSeconds=0.5)
    until(lambda: running("stubborn@"), why="it runs")
    master.call("/job/delete", name="stubborn")
    master.call("/job/kill", name="stubborn")
    until(lambda: not running("stubborn@"), 10, "nothing of it is left")
    record = until(lambda: _with_outcome(master, "stubborn", outcome))
    assert record["output"] == "so far\n"
    assert record["err"].startswith("signal: ")


def test_a_run_over_its_time_is_ended_and_says_so(master: Master, worker: Daemon) -> None:
    master.save("slow", "echo begun; sleep 1000", EVERY_SECOND, timeoutSeconds=0.3)
    record = until(lambda: _with_outcome(master, "slow", "timeout"))
    assert record["output"] == "begun\n"


def test_a_job_still_running_is_skipped_with_a_record_unless_it_may_overlap(
    master: Master, worker: Daemon
) -> None:
    master.save("long", "sleep 30", EVERY_SECOND)
    record = until(lambda: _with_outcome(master, "long", "skipped_overlap"))
    assert "was still running" in record["err"]
    master.save("both", "sleep 30", EVERY_SECOND, overlap="allow")
    until(lambda: len({_run_of(pid) for pid in running("both@")}) >= 2, why="two at once")


def test_a_stopped_worker_starts_nothing_records_every_run_and_leaves_nothing(
    master: Master, worker: Daemon
) -> None:
    master.save("patient", "echo begun; sleep 1000", "*/2 * * * * * *")
    master.save("quick", "true", EVERY_SECOND)
    until(lambda: running("patient@"), why="it runs")
    assert worker.child.stop(60) == 0, worker.child.tail()
    assert running("patient@") == []
    record = until(lambda: _with_outcome(master, "patient", "killed"))
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
    assert _with_outcome(master, "long", "killed")


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
    assert until(lambda: _with_outcome(master, "patient", "killed"))


def test_a_worker_waits_for_its_stores_and_says_so(
    tmp_path: Path, own_etcd: EtcdServer, clean_mongodb: MongoServer | RunningMongo
) -> None:
    own_etcd.stop()
    (worker,) = workers(tmp_path, 1, stores([own_etcd.endpoint], clean_mongodb.uri))
    worker.start(wait=False)
    until(lambda: "trying again until it answers" in worker.log(), why="it says so")
    assert "worker is ready" not in worker.log()
    own_etcd.start()
    worker.wait_ready()
    assert worker.child.stop(30) == 0


def test_a_worker_that_waits_for_its_stores_can_be_stopped(
    tmp_path: Path, own_etcd: EtcdServer, clean_mongodb: MongoServer | RunningMongo
) -> None:
    own_etcd.stop()
    (worker,) = workers(tmp_path, 1, stores([own_etcd.endpoint], clean_mongodb.uri))
    worker.start(wait=False)
    until(lambda: "trying again until it answers" in worker.log(), why="it says so")
    assert worker.child.stop(20) == 0


def test_when_etcd_comes_back_the_next_due_instant_runs_and_no_thread_has_died(
    own_etcd: EtcdServer, master: Master, worker: Daemon
) -> None:
    master.save("tick", "true", EVERY_SECOND)
    until(lambda: len(master.logs("tick")) >= 2, why="it runs")
    own_etcd.stop()
    stopped = time.time_ns() // 1_000_000
    until(lambda: "the store: " in worker.log(), why="the worker notices")
    own_etcd.start()
    back = time.time_ns() // 1_000_000
    until(lambda: max(_plans(master)) > back, 40, "it runs again")
    plans = sorted(_plans(master))
    covered = [plan for plan in plans if stopped - 2000 < plan < back]
    assert plans == list(range(plans[0], plans[-1] + 1, 1000)), plans
    assert covered
    assert "died" not in worker.log()
    assert master.call("/worker/list") == ["10.9.8.7:w0"]


def test_a_main_process_that_is_killed_takes_its_runs_along(master: Master, worker: Daemon) -> None:
    master.save("long", "sleep 1000", EVERY_SECOND)
    until(lambda: running("long@"), why="it runs")
    master.call("/job/delete", name="long")
    worker.child.send(signal.SIGKILL)
    until(lambda: not running("long@"), 20, "its executors end it")


def test_malformed_jobs_are_said_once_and_the_others_run(
    own_etcd: EtcdServer, master: Master, worker: Daemon
) -> None:
    own_etcd.etcdctl("put", "/cron/jobs/broken", "{")
    own_etcd.etcdctl("put", "/cron/jobs/other", '{"name":"x","command":"y","cronExpr":"* * * * *"}')
    own_etcd.etcdctl("put", "/cron/jobs/random", '{"name":"random","command":"y","cronExpr":"R"}')
    own_etcd.etcdctl("put", "/cron/jobs/huge", stdin="x" * 1_400_000)
    own_etcd.etcdctl("put", "/cron/fired/tick", "never")
    master.save("tick", "true", EVERY_SECOND)
    until(lambda: _with_outcome(master, "tick", "success"))
    for name in ("broken", "other", "random", "huge"):
        assert worker.log().count(f"job={name} cannot run") == 1


def _lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def _plans(master: Master) -> list[int]:
    return [log["planTime"] for log in master.logs("tick")]


def _with_outcome(master: Master, name: str, outcome: str) -> dict[str, Any] | None:
    try:
        found = master.logs(name)
    except AssertionError:
        return None
    return next((log for log in found if log["outcome"] == outcome), None)


def _run_of(pid: int) -> str:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    found = [item for item in environment if item.startswith(b"FLEETCRON_RUN_ID=")]
    return found[0].decode() if found else ""
