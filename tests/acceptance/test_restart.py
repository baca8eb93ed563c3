"""A worker that is killed with a run, and started again: what it finds, ends and records."""

import contextlib
import json
import os
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from common.owed import NOBODY
from tests.acceptance.fleet import EVERY_SECOND, Daemon, Master, own, running, workers
from tests.integration.standing_alone import Standalone
from tests.servers.etcd import EtcdServer
from tests.waiting import until
from worker.end_words import LOST_WITH_EXECUTOR
from worker.executor_socket import is_held
from worker.orders import MAIN_GONE
from worker.process_stat import run_id_of

LOST = f"its worker was restarted, and how it ended is not known; {LOST_WITH_EXECUTOR}"
UNKNOWN = "its worker was restarted, and whether it was started is not known"


@pytest.fixture
def lone(tmp_path: Path, etcd_and_log: dict[str, Any]) -> Daemon:
    """A worker that is ready, with a lease that outlives a restart."""
    leases = {"lost_after_seconds": 60, "registration_seconds": 4}
    (made,) = workers(tmp_path, 1, etcd_and_log, stop_timeout_seconds=1, **leases)
    made.start()
    return made


def run_of(master: Master, name: str, command: str, **fields: Any) -> str:
    """A run of a new job whose command is under way; its id."""
    master.save(name, command, EVERY_SECOND, **fields)
    pid = until(lambda: running(f"{name}@"), why="it runs")[0]
    return run_id_of(pid)


def remove(folder: Path) -> None:
    """Remove a directory in which others may still write."""

    def removed() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    until(removed, why="it is gone")


def copy(folder: Path, to: Path) -> None:
    """Copy a directory, but for sockets, in which others may be writing."""

    def copied() -> bool:
        try:
            shutil.copytree(folder, to, ignore=shutil.ignore_patterns("*.sock"), dirs_exist_ok=True)
        except shutil.Error:
            return False
        return True

    until(copied, why="all that is there is copied")


def records(master: Master, run_id: str) -> list[dict[str, Any]]:
    """All records of a run."""
    return [log for log in master.logs(run_id.partition("@")[0]) if log["runId"] == run_id]


def recorded(master: Master, run_id: str) -> dict[str, Any]:
    """The one record of a run, waited for."""
    (record,) = until(lambda: records(master, run_id), 60, f"{run_id} is recorded")
    return record


def incarnations(worker: Daemon) -> list[str]:
    """The incarnations that it has begun or gone on with, in order."""
    return re.findall(r"incarnation (\S+) (?:begins|goes on)", worker.log())


def owed(etcd: EtcdServer) -> list[dict[str, Any]]:
    """What stands under /cron/runs/ for workers that are, or were.

    What nobody has begun when its job is deleted is nobody's, and waits for any worker's search.
    """
    values = etcd.etcdctl("get", "--prefix", "--print-value-only", "/cron/runs/").splitlines()
    found = [json.loads(value) for value in values if value]
    return [each for each in found if each["incarnation"] != NOBODY]


def test_a_killed_workers_next_life_goes_on_as_the_same_and_records_its_run_once(
    master: Master, own_etcd: EtcdServer, lone: Daemon
) -> None:
    run_id = run_of(master, own("resumed"), "sleep 1000")
    lone.die()
    lone.start()
    record = recorded(master, run_id)
    assert (record["outcome"], record["reason"]) == ("lost", MAIN_GONE)
    assert record["startTime"] >= record["planTime"]
    assert running(run_id) == []
    first, second = incarnations(lone)
    assert first == second
    again = until(
        lambda: running(own("resumed@")), why="its lock is free, so the next instant runs"
    )
    assert run_id_of(again[0]) != run_id
    master.call("/job/delete", name=own("resumed"))
    assert lone.child.stop(60) == 0
    assert len(records(master, run_id)) == 1
    assert owed(own_etcd) == []
    assert own_etcd.etcdctl("get", "--prefix", "--keys-only", "/cron/alive/").split() == []


def test_a_life_is_ready_while_the_last_ones_runs_have_their_grace_and_their_locks(
    master: Master, lone: Daemon
) -> None:
    stubborn = "trap '' TERM; while :; do sleep 0.2; done"
    run_id = run_of(master, own("gracious"), stubborn, killGraceSeconds=600)
    lone.die()
    lone.start()
    assert running(run_id), "its executor gives it its grace"
    assert records(master, run_id) == []
    skipped = until(lambda: [r for r in master.logs(own("gracious")) if r["outcome"] != "lost"])
    assert {record["outcome"] for record in skipped} == {"skipped_overlap"}
    for pid in running(run_id):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert recorded(master, run_id)["outcome"] == "lost"
    assert running(run_id) == []
    lone.child.stop(60)


@pytest.mark.parametrize("hides", [False, True], ids=["marked", "hiding"])
def test_a_run_without_its_executor_is_found_and_ended(
    tmp_path: Path, master: Master, lone: Daemon, hides: bool
) -> None:
    witness = tmp_path / "pid"
    scrub = "exec env -u FLEETCRON_RUN_ID " if hides else "exec "
    master.save(own("orphan"), f"echo $$ >> {witness}; {scrub}sleep 1000", EVERY_SECOND)
    until(lambda: "started, pid" in lone.log() and witness.exists() and witness.read_text())
    pid = int(witness.read_text().split()[0])
    until(lambda: psutil.Process(pid).name() == "sleep", why="it is what it will be")
    lone.die(executors=True)
    assert psutil.pid_exists(pid)
    lone.start()
    until(lambda: not psutil.pid_exists(pid), why="it is ended")
    until(
        lambda: [r for r in master.logs(own("orphan")) if r["reason"] == LOST], why="it is recorded"
    )
    lone.child.stop(60)


def test_a_run_that_neither_journal_nor_executor_explains_is_unknown(
    tmp_path: Path, master: Master, lone: Daemon
) -> None:
    run_id = run_of(master, own("unexplained"), "sleep 1000")
    lone.die()
    until(lambda: list((tmp_path / "data0").rglob("*.ends")), why="its executor ends it")
    (home,) = (tmp_path / "data0").glob("*/executors/*")
    until(lambda: not is_held(home), why="the executors end, too")
    (journal,) = (tmp_path / "data0").rglob("runs.journal")
    journal.unlink()
    shutil.rmtree(home)
    lone.start()
    record = recorded(master, run_id)
    assert (record["outcome"], record["reason"]) == ("unknown", UNKNOWN)
    assert record["startTime"] == record["planTime"]
    lone.child.stop(60)


@pytest.mark.parametrize("gone", ["lease", "state directory", "state directory and executors"])
def test_a_life_that_cannot_go_on_begins_anew_and_the_run_is_lost_unless_its_end_is_known(
    tmp_path: Path,
    master: Master,
    own_etcd: EtcdServer,
    etcd_and_log: dict[str, Any],
    gone: str,
) -> None:
    leases = {"lost_after_seconds": 3, "registration_seconds": 3}
    (worker,) = workers(tmp_path, 1, etcd_and_log, stop_timeout_seconds=1, **leases)
    worker.start()
    run_id = run_of(master, own("anew"), "sleep 1000")
    worker.die(executors="executors" in gone)
    if gone == "lease":
        alive = ("get", "--prefix", "--keys-only", "/cron/alive/")
        until(lambda: not own_etcd.etcdctl(*alive).split(), why="its lease has ended")
    else:
        remove(tmp_path / "data0")
    worker.start()
    until(lambda: not running(run_id), why="nothing of it is left alive")
    assert recorded(master, run_id)["outcome"] == "lost"
    if gone == "lease":
        until(lambda: recorded(master, run_id)["reason"] == MAIN_GONE, why="it says why it ended")
    first, second = incarnations(worker)
    assert first != second
    worker.child.stop(60)
    assert len(records(master, run_id)) == 1


def test_a_worker_whose_name_is_in_use_is_not_ready_and_ends_when_it_is_told_to(
    tmp_path: Path, lone: Daemon, etcd_and_log: dict[str, Any]
) -> None:
    (twin,) = workers(tmp_path / "twin", 1, etcd_and_log)
    twin.start(wait=False)
    until(lambda: "/cron/workers/10.9.8.7:w0 is in use by another worker" in twin.log())
    assert incarnations(lone)[0] in twin.log()
    assert twin.child.stop(60) == 0
    assert "worker is ready" not in twin.log()
    assert incarnations(twin) == []
    assert lone.child.stop(60) == 0


def test_a_worker_on_a_copy_of_a_living_ones_state_does_not_take_itself_for_that_one(
    tmp_path: Path, master: Master, lone: Daemon, etcd_and_log: dict[str, Any]
) -> None:
    run_id = run_of(master, own("copied"), "sleep 1000")
    copy(tmp_path / "data0", tmp_path / "twin" / "data0")
    (twin,) = workers(tmp_path / "twin", 1, etcd_and_log)
    twin.start(wait=False)
    until(lambda: "/cron/workers/10.9.8.7:w0 is in use by another worker" in twin.log())
    assert twin.child.stop(60) == 0
    assert incarnations(twin) == []
    assert running(run_id), "the copy ended nothing that is not its own"
    assert lone.child.stop(60) == 0


def test_standalone_starts_again_at_once_and_records_the_run_that_it_was_killed_with(
    tmp_path: Path,
) -> None:
    alone = Standalone(tmp_path / "data")
    alone.start()
    begun = tmp_path / "begun"
    command = ["--schedule", EVERY_SECOND, "--command", f"mkdir {begun} && exec sleep 1000"]
    assert alone.call("job", "save", own("alone"), *command).exit_code == 0
    until(lambda: begun.exists() and running(own("alone@")), why="it runs, as the last that can")
    alone.child.send(signal.SIGKILL)
    alone.child.wait(30)
    alone.start()
    until(
        lambda: "lost" in alone.call("job", "log", own("alone")).stdout,
        why="it is recorded as lost",
    )
    assert "in use" not in alone.child.log.read_text()
    until(lambda: not running(own("alone@")), why="nothing of it is left")
    assert alone.child.stop(60) == 0
