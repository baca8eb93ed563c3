"""Runs that are kept over restarts, of a worker that is stopped before it has taken them over."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.acceptance.fleet import Master, running
from tests.acceptance.test_keeping import STOPPING, Worker
from tests.acceptance.test_restart import recorded, records
from tests.servers.etcd import EtcdServer
from tests.systemctl import say
from tests.waiting import until


@pytest.fixture
def killed(tmp_path: Path, master: Master, etcd_and_log: dict[str, Any]) -> Iterator[Worker]:
    """One that was killed, an executor of which goes on with a run; gone in the end."""
    made = Worker(tmp_path, master, etcd_and_log)
    made.kill()
    until(lambda: len(list(made.executors())) == 1, why="the executor without that run has ended")
    yield made
    made.daemon.child.kill()
    for executor in made.executors():
        with contextlib.suppress(psutil.NoSuchProcess):
            executor.resume()
            executor.terminate()


@pytest.mark.parametrize("job", ["stop", "restart"])
def test_a_worker_that_is_stopped_before_its_stores_answer_ends_what_it_would_keep(
    killed: Worker, master: Master, own_etcd: EtcdServer, job: str
) -> None:
    own_etcd.kill()
    killed.daemon.start(wait=False)
    until(lambda: "trying again until it answers" in killed.daemon.log(), why="it waits for etcd")
    killed.term(job)
    assert bool(running(killed.kept)) == (job == "restart")
    assert bool(list(killed.executors())) == (job == "restart")
    own_etcd.start()
    killed.daemon.start()
    if job == "restart":
        until(killed.gone_on, why="it is gone on with")
        killed.finish()
    record = recorded(master, killed.kept)
    assert record["outcome"] == ("killed" if job == "stop" else "failed")
    assert record["output"].startswith("begun\n")
    recorded(master, killed.ended)
    killed.stop()


def test_a_worker_that_is_stopped_while_it_takes_a_run_over_records_how_it_ends(
    killed: Worker, master: Master
) -> None:
    (executor,) = killed.executors()
    executor.suspend()
    killed.daemon.start()
    say(killed.systemd, "stop")
    killed.daemon.child.send(signal.SIGTERM)
    until(lambda: "worker: SIGTERM; stopping" in killed.daemon.log(), why="it is about to stop")
    executor.resume()
    assert killed.daemon.child.wait(60) == 0
    assert running(killed.kept) == []
    (record,) = records(master, killed.kept)
    assert (record["outcome"], record["reason"]) == ("killed", STOPPING)
    assert record["output"] == "begun\n"


def test_a_worker_that_is_stopped_and_hears_nothing_of_a_frozen_executor_ends_it(
    killed: Worker, master: Master
) -> None:
    (executor,) = killed.executors()
    executor.suspend()
    killed.daemon.start()
    killed.term("stop")
    assert running(killed.kept) == []
    assert list(killed.executors()) == []
    killed.daemon.start()
    assert recorded(master, killed.kept)["outcome"] == "killed"
    recorded(master, killed.ended)
    killed.stop()
