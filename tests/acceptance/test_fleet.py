"""Three workers, a master, etcd and MongoDB: what a user of a fleet sees."""

import json
from pathlib import Path

from tests.acceptance.fleet import (
    EVERY_SECOND,
    Daemon,
    Master,
    lines,
    own,
    running,
    stores,
    with_outcome,
    workers,
)
from tests.servers.etcd import EtcdServer
from tests.servers.etcd_cluster import EtcdCluster
from tests.servers.mongodb import MongoServer, RunningMongo
from tests.waiting import until


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
    until(lambda: len(lines(witness)) >= 12, 60, "a dozen runs")
    master.call("/job/delete", name="tick")
    for daemon in fleet:
        assert daemon.child.stop(60) == 0, daemon.child.tail()
    started = lines(witness)
    records = master.logs("tick")
    assert len(set(started)) == len(started)
    ran = [str(log["planTime"]) for log in records if log["outcome"] == "success"]
    assert sorted(ran) == sorted(started)
    # A machine that is busy may take a second for one of them, which keeps out the next.
    assert {log["outcome"] for log in records} <= {"success", "skipped_overlap"}
    plans = sorted(log["planTime"] for log in records)
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
        "name": own("by hand"),
        "command": f"echo x >> {witness}; sleep 60",
        "cronExpr": "* * * * * * *",
    }
    own_etcd.etcdctl("put", f"/cron/jobs/{own('by hand')}", json.dumps(job))
    until(lambda: running(own("by hand@")), why="it runs")
    own_etcd.etcdctl("del", f"/cron/jobs/{own('by hand')}")
    lease = own_etcd.etcdctl("lease", "grant", "5").split()[1]
    own_etcd.etcdctl("put", f"--lease={lease}", f"/cron/killer/{own('by hand')}", "")
    until(lambda: not running(own("by hand@")), why="it is killed")
    with clean_mongodb.client() as client:
        collection = client["cron"]["log"]
        document = until(
            lambda: collection.find_one({"jobName": own("by hand"), "outcome": "killed"})
        )
    fixed = "jobName command err output planTime scheduleTime startTime endTime".split()
    assert [type(document[name]).__name__ for name in fixed] == ["str"] * 4 + ["Int64"] * 4
    assert document["_id"] == own("by hand@") + f"{document['planTime']}"
    assert document["command"] == job["command"]
    assert len(lines(witness)) == 1


def test_malformed_jobs_are_said_once_and_the_others_run(
    own_etcd: EtcdServer, master: Master, worker: Daemon
) -> None:
    own_etcd.etcdctl("put", "/cron/jobs/broken", "{")
    own_etcd.etcdctl("put", "/cron/jobs/other", '{"name":"x","command":"y","cronExpr":"* * * * *"}')
    own_etcd.etcdctl("put", "/cron/jobs/random", '{"name":"random","command":"y","cronExpr":"R"}')
    own_etcd.etcdctl("put", "/cron/jobs/huge", stdin="x" * 1_400_000)
    own_etcd.etcdctl("put", "/cron/fired/tick", "never")
    master.save("tick", "true", EVERY_SECOND)
    until(lambda: with_outcome(master, "tick", "success"))
    for name in ("broken", "other", "random", "huge"):
        assert worker.log().count(f"job={name} cannot run") == 1
