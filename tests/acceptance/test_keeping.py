"""Runs whose jobs say `onRestart`: kept or ended when their worker is, and recorded once."""

import contextlib
import itertools
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.acceptance.fleet import EVERY_SECOND, Master, own, running, workers
from tests.acceptance.test_restart import owed, recorded, records, run_of
from tests.integration.standing_alone import Standalone
from tests.servers.etcd import EtcdServer
from tests.systemctl import fake_systemctl, say
from tests.waiting import until
from worker.orders import MAIN_GONE

LEASES = {"lost_after_seconds": 60, "registration_seconds": 4}
NUMBERS = itertools.count()
STOPPING = "the worker was stopping"


class Worker:
    """A worker that systemd started, and two of its runs: one is kept over a restart."""

    def __init__(
        self, folder: Path, master: Master, stores: dict[str, Any], **settings: Any
    ) -> None:
        self.master = master
        self._folder = str(folder)
        self.systemd = folder / "systemd"
        (self.daemon,) = workers(
            folder, 1, stores, **{"stop_timeout_seconds": 1, **LEASES, **settings}
        )
        assert self.daemon.child.env is not None
        self.daemon.child.env |= fake_systemctl(self.systemd, os.environ["PATH"])
        self._over = folder / "over"
        self.daemon.start()
        waits = f"until [ -e {self._over} ]; do sleep 0.1; done"
        number = next(NUMBERS)
        self.jobs = (own(f"kept{number}"), own(f"ended{number}"))
        begun = [f"echo begun; touch {folder / name}" for name in self.jobs]
        command = f"{begun[0]}; {waits}; echo done; exit 3"
        self.kept = run_of(master, self.jobs[0], command, onRestart="keep")
        self.ended = run_of(master, self.jobs[1], f"{begun[1]}; exec sleep 1000")
        until(lambda: all((folder / name).exists() for name in self.jobs), why="both have begun")

    def term(self, job: str) -> None:
        """SIGTERM, while systemd has this job for the worker."""
        say(self.systemd, job)
        self.daemon.child.send(signal.SIGTERM)
        assert self.daemon.child.wait(60) == 0

    def kill(self) -> None:
        """SIGKILL to the main process."""
        self.daemon.child.send(signal.SIGKILL)
        self.daemon.child.wait(30)

    def finish(self) -> None:
        """Let the run that is kept come to its end."""
        self._over.touch()

    def stop(self) -> None:
        """Let the worker end, which has recorded each of the two once."""
        say(self.systemd, "stop")
        assert self.daemon.child.stop(60) == 0
        assert [len(records(self.master, run)) for run in (self.kept, self.ended)] == [1, 1]

    def executors(self) -> Iterator[psutil.Process]:
        """The executors of all its lives."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                words = process.cmdline()
                if "worker.executor" in words and any(self._folder in word for word in words):
                    yield process

    def gone_on(self) -> int:
        """How many lives have gone on with the run that is kept."""
        return self.daemon.log().count(f"{self.kept}: gone on with")


@pytest.fixture
def settings() -> dict[str, Any]:
    """What is set otherwise for the worker."""
    return {}


@pytest.fixture
def worker(
    tmp_path: Path, master: Master, etcd_and_log: dict[str, Any], settings: dict[str, Any]
) -> Iterator[Worker]:
    """One with two runs under way, of which nothing is left in the end."""
    made = Worker(tmp_path, master, etcd_and_log, **settings)
    yield made
    made.daemon.child.kill()
    for executor in made.executors():
        with contextlib.suppress(psutil.NoSuchProcess):
            executor.terminate()


def assert_whole(record: dict[str, Any]) -> None:
    """The run went on to its end, and nothing of it is missing."""
    assert (record["outcome"], record["exitCode"]) == ("failed", 3)
    assert record["output"] == "begun\ndone\n"
    assert record["startTime"] < record["endTime"]


@pytest.mark.parametrize("how", ["restart", "SIGKILL"])
def test_what_is_kept_goes_on_and_what_is_not_is_ended_and_recorded(
    worker: Worker, master: Master, own_etcd: EtcdServer, how: str
) -> None:
    worker.kill() if how == "SIGKILL" else worker.term("restart")
    said = r" INFO worker\.executor: executor \d goes on for its 1 run: "
    until(lambda: re.search(said, worker.daemon.log()), 60, why="the executor says so")
    until(lambda: not running(worker.ended), 60, why="it is ended though nobody came yet")
    assert running(worker.kept)
    worker.daemon.start()
    ended = recorded(master, worker.ended)
    outcome = ("lost", MAIN_GONE) if how == "SIGKILL" else ("killed", STOPPING)
    assert (ended["outcome"], ended["reason"], ended["output"]) == (*outcome, "begun\n")
    assert records(master, worker.kept) == []
    worker.finish()
    record = recorded(master, worker.kept)
    assert_whole(record)
    assert "lost" not in record
    first = own_etcd.etcdctl("get", "--prefix", "--keys-only", "/cron/alive/").split()
    assert len(first) == 1
    assert worker.daemon.log().count("goes on, with") == 1
    master.call("/job/delete", name=worker.jobs[0])
    master.call("/job/delete", name=worker.jobs[1])
    worker.stop()
    assert owed(own_etcd) == []


@pytest.mark.parametrize("job", ["stop", ""])
def test_a_stop_ends_also_what_is_kept_over_a_restart(
    worker: Worker, master: Master, job: str
) -> None:
    worker.term(job)
    for run in (worker.kept, worker.ended):
        assert running(run) == []
        record = recorded(master, run)
        assert (record["outcome"], record["reason"]) == ("killed", STOPPING)


def test_a_kept_run_can_be_killed_after_two_restarts(worker: Worker, master: Master) -> None:
    for times in (1, 2):
        worker.kill()
        worker.daemon.start()
        until(lambda times=times: worker.gone_on() == times, 60, why="it is gone on with")  # type: ignore[misc]
    recorded(master, worker.ended)
    master.call("/job/kill", name=worker.jobs[0])
    record = recorded(master, worker.kept)
    assert (record["outcome"], record["output"]) == ("killed", "begun\n")
    assert "on request" in record["reason"]
    assert running(worker.kept) == []
    worker.stop()


def test_what_ends_while_etcd_is_away_and_nobody_listens_is_recorded(
    worker: Worker, master: Master, own_etcd: EtcdServer
) -> None:
    worker.kill()
    own_etcd.kill()
    worker.daemon.start(wait=False)
    until(lambda: "trying again until it answers" in worker.daemon.log(), 60)
    worker.finish()
    until(lambda: not running(worker.kept), 60, why="it ends")
    own_etcd.start()
    worker.daemon.wait_ready(1)
    assert_whole(recorded(master, worker.kept))
    assert recorded(master, worker.ended)["outcome"] == "lost"
    worker.stop()


@pytest.mark.parametrize("settings", [{"lost_after_seconds": 3, "registration_seconds": 3}])
def test_after_a_restart_longer_than_the_lease_the_truth_takes_the_place_of_lost(
    worker: Worker, master: Master, own_etcd: EtcdServer
) -> None:
    worker.kill()
    alive = ("get", "--prefix", "--keys-only", "/cron/alive/")
    until(lambda: not own_etcd.etcdctl(*alive).split(), 60, why="its lease has ended")
    worker.daemon.start()
    assert recorded(master, worker.kept)["outcome"] == "lost"
    assert running(worker.kept), "it goes on as one whose lease ended"
    worker.finish()
    until(lambda: recorded(master, worker.kept)["outcome"] == "failed", 60, why="it ended")
    record = recorded(master, worker.kept)
    assert_whole(record)
    assert record["lost"]
    until(lambda: recorded(master, worker.ended)["output"] == "begun\n", 60, why="it was ended")
    worker.stop()


def test_a_kept_run_whose_executor_dies_after_the_restart_is_lost(
    worker: Worker, master: Master
) -> None:
    former = list(worker.executors())
    worker.kill()
    worker.daemon.start()
    until(worker.gone_on, 60, why="it is gone on with")
    for executor in former:
        with contextlib.suppress(psutil.NoSuchProcess):  # it had nothing to keep
            executor.kill()
    assert recorded(master, worker.kept)["outcome"] == "lost"
    assert running(worker.kept) == []
    recorded(master, worker.ended)
    worker.stop()


def test_standalone_goes_on_with_what_is_kept(tmp_path: Path) -> None:
    alone = Standalone(tmp_path / "data")
    alone.start()
    over = tmp_path / "over"
    once = f"mkdir {tmp_path}/begun || exit 1; until [ -e {over} ]; do sleep 0.1; done"
    command = ["--schedule", EVERY_SECOND, "--command", once, "--set", "onRestart=keep"]
    saved = alone.call("job", "save", own("alone"), *command)
    assert saved.exit_code == 0, saved.output
    until((tmp_path / "begun").exists, why="it runs")
    alone.child.send(signal.SIGKILL)
    alone.child.wait(30)
    alone.start()
    over.touch()
    until(lambda: "success" in alone.call("job", "log", own("alone")).stdout, 60)
    logs = alone.call("job", "log", own("alone")).stdout
    assert (logs.count("success"), logs.count("was lost")) == (1, 0)
    assert alone.child.stop(60) == 0
