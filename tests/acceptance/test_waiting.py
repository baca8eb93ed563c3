"""Runs that wait: queued, replaced, tried again, and gone on with when their worker dies."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import (
    EVERY_SECOND,
    Daemon,
    Master,
    lines,
    own,
    running,
    with_outcome,
    workers,
)
from tests.waiting import until
from worker.process_stat import run_id_of

LEASES = {"lost_after_seconds": 8, "registration_seconds": 3}


@pytest.fixture
def pair(tmp_path: Path, etcd_and_log: dict[str, Any]) -> Iterator[list[Daemon]]:
    """Two workers that are ready."""
    made = workers(tmp_path, 2, etcd_and_log, stop_timeout_seconds=1, **LEASES)
    for each in made:
        each.start()
    yield made
    for each in made:
        each.child.stop(60)


def test_a_queued_run_follows_the_one_that_runs_and_others_are_skipped(
    master: Master, worker: Daemon, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    command = f'echo "$FLEETCRON_PLAN_TIME" >> {seen}; sleep 2.5; echo end >> {seen}'
    master.save("slow", command, EVERY_SECOND, overlap="queue")
    until(lambda: len(lines(seen)) >= 6, why="three have run")
    master.call("/job/delete", name="slow")
    found = lines(seen)[:6]
    assert found[1::2] == ["end"] * 3, "one after the other"
    instants = [int(at) for at in found[::2]]
    assert instants == sorted(set(instants))
    skipped = until(lambda: with_outcome(master, "slow", "skipped_overlap"))
    assert "waited already" in skipped["reason"]


def test_a_run_that_is_replaced_is_killed_and_the_next_starts(
    master: Master, worker: Daemon
) -> None:
    master.save(own("last"), "echo begun; sleep 100", "*/4 * * * * * *", overlap="replace")
    killed = until(lambda: with_outcome(master, own("last"), "killed"))
    assert killed["output"] == "begun\n"
    later = until(lambda: [pid for pid in running(own("last@")) if not running(killed["runId"])])
    assert later


def test_a_failed_run_is_tried_again_and_each_attempt_has_a_record(
    master: Master, worker: Daemon
) -> None:
    command = 'echo "attempt $FLEETCRON_ATTEMPT"; test "$FLEETCRON_ATTEMPT" -ge 2'
    master.save("flaky", command, EVERY_SECOND, retries=3, retryDelaySeconds=0.2)
    last = until(lambda: with_outcome(master, "flaky", "success"))
    first = last["runId"].partition("+")[0]

    def attempts() -> list[dict[str, Any]]:
        records = {log["runId"]: log for log in master.logs("flaky")}
        found = [records.get(f"{first}{end}", {}) for end in ("", "+1", "+2")]
        return found if all(found) else []

    told = until(attempts, why="each attempt is recorded")
    assert [log["outcome"] for log in told] == ["failed", "failed", "success"]
    assert [log.get("attempt", 0) for log in told] == [0, 1, 2]
    assert [log["trigger"] for log in told] == ["schedule", "retry", "retry"]
    assert told[2]["output"] == "attempt 2\n"


def waits(worker: Daemon) -> str:
    """The run that waits first at this worker."""
    found = re.search(r"run=(\S+): waits", worker.log())
    return found[1] if found else ""


def end(left: list[int]) -> None:
    """End what a dead worker has left, by their pids; the worker that took over may be first."""
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_waiting_run_goes_on_at_another_worker_when_its_own_dies(
    master: Master, pair: list[Daemon]
) -> None:
    master.save(own("heavy"), "sleep 100", EVERY_SECOND, overlap="queue")
    owner = until(lambda: next((each for each in pair if waits(each)), None))
    waiting = waits(owner)
    left = running(own("heavy@"))
    owner.die(executors=True)
    until(lambda: running(waiting), why="it is its turn")
    until(lambda: with_outcome(master, own("heavy"), "lost"))
    end(left)


def test_a_waiting_run_goes_on_when_its_worker_is_started_again(
    tmp_path: Path, master: Master, etcd_and_log: dict[str, Any]
) -> None:
    leases = {"lost_after_seconds": 60, "registration_seconds": 4}
    (lone,) = workers(tmp_path, 1, etcd_and_log, stop_timeout_seconds=1, **leases)
    lone.start()
    master.save(own("heavy"), "sleep 100", EVERY_SECOND, overlap="queue", killGraceSeconds=0)
    waiting = until(lambda: waits(lone))
    lone.child.kill()
    lone.start()
    until(lambda: running(waiting), why="it is its turn")
    assert "goes on" in lone.log()
    lone.child.stop(60)


@contextmanager
def orphaned(master: Master, pair: list[Daemon], name: str) -> Iterator[str]:
    """The first run of a job that is run again when it is lost: it lives, its worker does not.

    Only that one is long: a later instant may have the freed lock before it is settled.
    """
    once = master.child.log.with_name("once")
    command = f"mkdir {once} 2>/dev/null && exec sleep 100; sleep 1"
    master.save(name, command, EVERY_SECOND, rerunLost=True, retryDelaySeconds=0)
    left = until(lambda: running(f"{name}@"))
    first = run_id_of(left[0])
    began = f"run={first}: started"
    owner = until(lambda: next((each for each in pair if began in each.log()), None))
    owner.die(executors=True)
    yield first
    end(left)


def test_a_lost_run_is_run_again_where_the_job_asks_for_it(
    master: Master, pair: list[Daemon]
) -> None:
    with orphaned(master, pair, own("vital")) as first:
        until(lambda: running(f"{first}+1") or any_again(master, first), why="it is run again")


def test_a_lost_run_that_is_killed_before_it_is_settled_is_not_run_again(
    master: Master, pair: list[Daemon]
) -> None:
    with orphaned(master, pair, own("doomed")) as first:
        master.call("/job/kill", name=own("doomed"))
        lost = until(lambda: with_outcome(master, own("doomed"), "lost"), 60, "it is settled")
        assert lost["runId"] == first
        assert "it is not run again: killed on request" in lost["err"]
        assert not any_again(master, first)


def any_again(master: Master, first: str) -> bool:
    """Whether there is a record of a further attempt."""
    name = first.partition("@")[0]
    return any(log["runId"] == f"{first}+1" for log in master.logs(name))
