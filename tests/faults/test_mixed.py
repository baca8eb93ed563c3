"""Beside a worker of the Go system: a short job runs once, and what is not promised is said."""

from pathlib import Path

from tests.faults.mixed_fleet import GO_IP, JOB, ShortJob, mixed_fleet
from tests.faults.true_clock import now_ms
from tests.servers.etcd import EtcdServer, RunningEtcd
from tests.servers.mongodb import MongoServer, RunningMongo
from tests.waiting import until

INSTANTS = 8


def test_beside_a_go_worker_a_short_job_starts_once_for_each_due_instant(
    tmp_path: Path,
    clean_etcd: EtcdServer | RunningEtcd,
    clean_mongodb: MongoServer | RunningMongo,
) -> None:
    job = ShortJob(tmp_path, 2)
    with mixed_fleet(tmp_path, clean_etcd.endpoint, clean_mongodb.uri) as fleet:
        for worker in fleet.crew:
            until(lambda: f"a Go worker is registered ({GO_IP})" in worker.log(), why="a warning")  # noqa: B023
        listed = {each["id"]: each["kind"] for each in fleet.master.call("/api/v1/workers")}
        assert (listed[GO_IP], sorted(listed.values())) == ("go", ["fleetcron", "fleetcron", "go"])
        job.save(fleet.master)
        until(lambda: len({start.instant for start in job.starts()}) >= INSTANTS, why="starts")
        assert job.doubled() == []
        assert fleet.master.call("/api/v1/health")["problems"] == []
        fleet.go.stop(20)
        last = now_ms()
        for worker in fleet.crew:
            until(lambda: "no Go worker is registered any more" in worker.log(), why="it is said")  # noqa: B023
        until(lambda: job.starts()[-1].at > last + 2000, why="it goes on")
        fleet.master.call("/job/delete", name=JOB)
    assert not any(start.by_go for start in job.starts() if start.at > last)


def test_a_go_worker_of_which_ours_know_nothing_runs_a_short_job_again(
    tmp_path: Path,
    clean_etcd: EtcdServer | RunningEtcd,
    clean_mongodb: MongoServer | RunningMongo,
) -> None:
    job = ShortJob(tmp_path, 2)
    with mixed_fleet(tmp_path, clean_etcd.endpoint, clean_mongodb.uri, unregistered=True) as fleet:
        job.save(fleet.master)
        until(job.doubled, why="an instant is started twice")
