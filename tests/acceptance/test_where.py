"""Two workers by their labels: each runs the jobs that ask for it, and no other does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import EVERY_SECOND, Daemon, Master, ready, with_outcome
from tests.servers.etcd import EtcdServer
from tests.waiting import until

ROLES = {"w0": "db", "w1": "web"}


@pytest.fixture
def fleet(tmp_path: Path, etcd_and_log: dict[str, Any]) -> Iterator[list[Daemon]]:
    """A worker for each role, both ready."""
    made = [labelled(tmp_path, name, role, etcd_and_log) for name, role in ROLES.items()]
    with ready(made):
        yield made


def labelled(folder: Path, name: str, role: str, stores: dict[str, Any]) -> Daemon:
    """A worker of this role."""
    given = {"advertise_ip": "10.9.8.7", "executor_threads": 4, "slots": 3}
    options = ["--instance", name, "--data", str(folder / f"data-{name}")]
    made = Daemon(folder / name, "worker", {**stores, **given}, *options)
    with (folder / name / "worker.toml").open("a") as file:
        file.write(f'labels = {{role = "{role}"}}\n')
    return made


def workers_of(master: Master, name: str, least: int) -> set[str]:
    """Who ran a job that has succeeded so often."""

    def ran() -> list[str]:
        found = [log for log in master.logs(name) if log["outcome"] == "success"]
        return [log["worker"] for log in found] if len(found) >= least else []

    until(lambda: with_outcome(master, name, "success"), 60, f"{name} runs")
    return set(until(ran, 60, f"{least} runs of {name}"))


def test_each_job_runs_only_on_the_workers_that_it_asks_for(
    fleet: list[Daemon], master: Master
) -> None:
    jobs = {f"{role}-{n}": role for n in range(4) for role in ROLES.values()}
    for name, role in jobs.items():
        master.save(name, "true", EVERY_SECOND, where=[f"role={role}"])
    for name, role in jobs.items():
        instance = {role: name for name, role in ROLES.items()}[role]
        assert workers_of(master, name, 3) == {f"10.9.8.7:{instance}"}


def test_a_job_that_asks_for_another_worker_goes_there(fleet: list[Daemon], master: Master) -> None:
    for n in range(3):
        master.save(f"job-{n}", "true", EVERY_SECOND, where=["role=db"])
        assert workers_of(master, f"job-{n}", 1) == {"10.9.8.7:w0"}
        master.save(f"job-{n}", "true", EVERY_SECOND, where=["instance=w1"])
        until(
            lambda n=n: master.logs(f"job-{n}")[0]["worker"] == "10.9.8.7:w1",  # type: ignore[misc]
            why="it runs on the other",
        )


def test_what_no_worker_may_run_is_missed_for_want_of_one(
    fleet: list[Daemon], master: Master, own_etcd: EtcdServer
) -> None:
    own_etcd.etcdctl("put", "/cron/workers/10.0.0.9", "")
    master.save("x", "true", EVERY_SECOND, where=["role=mail"], startDeadlineSeconds=1)
    missed = until(lambda: with_outcome(master, "x", "missed"), why="it is missed")
    assert missed["reason"] == "no_worker"
    own_etcd.etcdctl("del", "/cron/workers/10.0.0.9")


def test_a_worker_tells_its_labels_and_slots(fleet: list[Daemon], own_etcd: EtcdServer) -> None:
    said = json.loads(own_etcd.etcdctl("get", "--print-value-only", "/cron/workers/10.9.8.7:w0"))
    assert said["slots"] == 3
    labels = said["labels"]
    assert (labels["role"], labels["ip"], labels["instance"]) == ("db", "10.9.8.7", "w0")
    assert labels["host"] == said["host"]
