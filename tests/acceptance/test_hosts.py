"""Jobs on several hosts, on real workers: who runs what, who rests, and who owes."""

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import EVERY_SECOND, Daemon, Master, own, ready, running, workers
from tests.servers.etcd import EtcdServer
from tests.waiting import until

ONE, OTHER = "10.9.8.7:w0", "10.9.8.7:w1"


def of_share(master: Master, share: str, outcome: str = "success") -> list[dict[str, Any]]:
    """The records of a share of the job, newest first."""
    found = master.logs(own("tick"), 500) if master.call("/api/v1/jobs") else []
    return [
        log
        for log in found
        if log["runId"].startswith(own(f"tick#{share}@")) and log["outcome"] == outcome
    ]


@pytest.fixture
def fleet(tmp_path: Path, etcd_and_log: dict[str, Any]) -> Iterator[tuple[Master, list[Daemon]]]:
    """A master and two workers that are ready."""
    master = Master(tmp_path / "master", etcd_and_log)
    crew = workers(tmp_path, 2, etcd_and_log, stop_timeout_seconds=2)
    with ready([*crew, master]):
        yield master, crew


def test_each_worker_runs_its_share_and_owes_nothing_while_it_is_drained(
    fleet: tuple[Master, list[Daemon]], own_etcd: EtcdServer
) -> None:
    master, crew = fleet
    master.save(own("tick"), "echo $FLEETCRON_RUN_ID", EVERY_SECOND, hosts="all")
    until(lambda: of_share(master, ONE) and of_share(master, OTHER), why="both run")
    newest = of_share(master, ONE)[0]
    assert newest["output"].strip() == newest["runId"]
    drain = json.dumps({"by": "ann", "at": 1, "reason": ""})
    own_etcd.etcdctl("put", f"/cron/drain/{ONE}", drain)
    until(lambda: "takes no more runs" in crew[0].log(), why="it is drained")
    later = time.time_ns() // 1_000_000 + 4000
    until(lambda: of_share(master, OTHER)[0]["planTime"] > later, why="the other goes on")
    before = len(of_share(master, ONE))
    own_etcd.etcdctl("del", f"/cron/drain/{ONE}")
    until(lambda: len(of_share(master, ONE)) > before + 2, why="it goes on")
    mine = sorted(log["planTime"] for log in of_share(master, ONE))
    hole, until_ms = max(itertools.pairwise(mine), key=lambda pair: pair[1] - pair[0])
    assert until_ms - hole > 3000
    told = [log["planTime"] for log in of_share(master, ONE, "missed")]
    assert not [plan for plan in told if hole + 2000 < plan < until_ms]


def test_a_worker_that_was_away_records_what_its_share_missed(
    fleet: tuple[Master, list[Daemon]],
) -> None:
    master, crew = fleet
    fields = {"hosts": "all", "startDeadlineSeconds": 3}
    master.save(own("tick"), "true", EVERY_SECOND, **fields)
    until(lambda: of_share(master, ONE) and of_share(master, OTHER), why="both run")
    assert crew[0].child.stop(60) == 0
    last = of_share(master, ONE)[0]["planTime"]
    later = last + 6000
    until(lambda: of_share(master, OTHER)[0]["planTime"] > later, why="the other goes on")
    crew[0].start()
    until(lambda: of_share(master, ONE)[0]["planTime"] > last, why="it is back")
    (gap,) = until(lambda: [log for log in master.logs(own("tick"), 500) if log.get("count")])
    assert gap["from"] == last + 1000
    # The first instant after it may be recorded later than a run of the second one.
    after = gap["to"] + 1000
    until(
        lambda: after in [log["planTime"] for log in of_share(master, ONE)], why="none is left out"
    )
    assert not [log for log in of_share(master, ONE) if last < log["planTime"] < after]


def test_a_number_of_hosts_is_run_by_as_many_and_the_records_say_where_they_are_fewer(
    fleet: tuple[Master, list[Daemon]],
) -> None:
    master, _ = fleet
    fields = {"hosts": 3, "startDeadlineSeconds": 2}
    master.save(own("tick"), "true", EVERY_SECOND, **fields)
    until(lambda: of_share(master, "0") and of_share(master, "1"), why="two run")
    until(lambda: of_share(master, "2", "missed"), why="the third is recorded")
    missed = of_share(master, "2", "missed")[-1]
    assert missed["reason"] == "no_worker"
    assert missed["err"].startswith("only 2 of 3 workers")
    assert not of_share(master, "2")
    (worker,) = {log["worker"] for log in of_share(master, "0")}
    (second,) = {log["worker"] for log in of_share(master, "1")}
    assert worker != second


def test_a_kill_of_the_job_ends_all_its_shares(
    fleet: tuple[Master, list[Daemon]],
) -> None:
    master, _ = fleet
    master.save(own("tick"), "sleep 60", EVERY_SECOND, hosts="all")
    until(lambda: running(own(f"tick#{ONE}")) and running(own(f"tick#{OTHER}")), why="both run")
    master.call("/job/kill", name=own("tick"))
    until(lambda: of_share(master, ONE, "killed"), why="one is killed")
    until(lambda: of_share(master, OTHER, "killed"), why="the other is killed")
    master.call("/job/delete", name=own("tick"))
