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
from tests.acceptance.test_restart import records
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
