"""What runs print is seen while they print it, in a fleet of real daemons."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.constants import RUN_LOOK_DIR, RUN_OUTPUT_DIR
from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.store import Changes, Store
from tests.acceptance.fleet import Daemon, Master, own, ready, stores, workers
from tests.integration.viewing import Viewer
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import until

NEVER_SOON = "0 0 1 1 *"
GATED = "echo one; while ! test -e {0}; do sleep 0.05; done; printf 'two\\nthr'; echo ee; exit 3"


@pytest.fixture
def store(own_etcd: EtcdServer) -> Iterator[Store]:
    """The fleet's store, to look into."""
    opened = EtcdStore(EtcdSettings((own_etcd.endpoint,)))
    yield opened
    opened.close()


def begin(master: Master, name: str, command: str, **fields: Any) -> str:
    """Save a job and run it once; the run's id, once it runs."""
    master.save(name, command, NEVER_SOON, **fields)
    connection = http.client.HTTPConnection("127.0.0.1", master.port, timeout=60)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/api/v1/run", json.dumps({"name": name}), headers)
    (run_id,) = json.loads(connection.getresponse().read())["data"]["runs"]
    connection.close()
    path = f"/api/v1/run?id={run_id}"
    until(lambda: master.call(path)["state"] == "running", why="it runs")
    return str(run_id)


def test_many_see_a_line_while_the_run_goes_on_and_cost_the_store_what_one_does(
    master: Master, worker: Daemon, store: Store, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    run_id = begin(master, own("seen"), GATED.format(gate))
    viewers = [Viewer(master.port, run_id) for _ in range(50)]
    for viewer in viewers:
        viewer.until_text("one\n")
    (look,) = store.snapshot(RUN_LOOK_DIR).entries
    assert look.lease
    (shown,) = store.snapshot(RUN_OUTPUT_DIR).entries
    assert shown.lease
    gate.touch()
    for viewer in viewers:
        assert viewer.to_end() == "one\ntwo\nthree\n"
        assert viewer.end
        assert (viewer.end["outcome"], viewer.skipped) == ("failed", 0)
    until(lambda: not store.snapshot(RUN_LOOK_DIR).entries, why="nobody looks")
    until(lambda: not store.snapshot(RUN_OUTPUT_DIR).entries, why="nothing is left")


def test_what_nobody_looks_at_is_not_in_the_store_at_all(
    master: Master, worker: Daemon, store: Store, tmp_path: Path
) -> None:
    watch = store.watch((RUN_LOOK_DIR, RUN_OUTPUT_DIR))
    for _ in range(2):
        assert watch.next(30)
    before = watch.next(0)
    assert before is None
    name = own("unseen")
    begin(master, name, "for i in 1 2 3 4 5; do echo $i; sleep 0.2; done")
    until(lambda: master.logs(name), why="it is over")
    news = watch.next(0.5)
    assert not (isinstance(news, Changes) and news.changes)
    watch.cancel()


def test_a_viewer_stays_while_the_runs_worker_is_killed_and_started_again(
    master: Master, etcd_and_log: dict[str, Any], tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    (daemon,) = workers(tmp_path, 1, etcd_and_log, stop_timeout_seconds=2, lost_after_seconds=60)
    daemon.start()
    try:
        run_id = begin(master, own("kept"), GATED.format(gate), onRestart="keep")
        viewer = Viewer(master.port, run_id)
        viewer.until_text("one\n")
        daemon.child.send(signal.SIGKILL)
        daemon.child.wait(30)
        daemon.start()
        gate.touch()
        assert viewer.to_end() == "one\ntwo\nthree\n"
        assert viewer.end
        assert (viewer.end["outcome"], viewer.skipped) == ("failed", 0)
    finally:
        daemon.child.stop(60)


def test_another_master_shows_it_too_and_a_stopped_one_lets_its_viewers_go(
    master: Master, worker: Daemon, etcd_and_log: dict[str, Any], tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    run_id = begin(master, own("both"), GATED.format(gate))
    other = Master(tmp_path / "other", etcd_and_log)
    other.start()
    with contextlib.ExitStack() as stack:
        stack.callback(other.child.stop, 20)
        here, there = (Viewer(each.port, run_id) for each in (master, other))
        here.until_text("one\n")
        there.until_text("one\n")
    assert there.to_end() == "one\n"
    assert (there.end, there.retry) == (None, True)
    gate.touch()
    again = Viewer(master.port, run_id, last_seen=str(there.at))
    assert again.to_end() == "two\nthree\n"
    assert here.to_end() == "one\ntwo\nthree\n"


def test_the_last_lines_of_a_run_that_is_killed_are_in_its_record_and_were_seen(
    master: Master, worker: Daemon
) -> None:
    name = own("killed")
    command = "trap 'echo bye; exit 1' TERM; seq 100000; echo ready; while :; do sleep 0.05; done"
    run_id = begin(master, name, command)
    viewer = Viewer(master.port, run_id)
    while "ready" not in viewer.text:
        assert viewer.hear()
    master.call("/job/kill", name=name)
    assert viewer.to_end().endswith("bye\n")
    (record,) = master.logs(name)
    assert record["outcome"] == "killed"
    assert record["output"].endswith("bye\n")
    assert "\n100000\nready\n" in record["output"]
    assert record["truncated"]


def test_a_run_is_shown_while_the_log_store_is_away_and_its_end_when_it_is_back(
    own_etcd: EtcdServer, own_mongodb: MongoServer, tmp_path: Path
) -> None:
    gate, settings = tmp_path / "gate", stores([own_etcd.endpoint], own_mongodb.uri)
    master = Master(tmp_path / "master", settings)
    (worker,) = workers(tmp_path, 1, settings, stop_timeout_seconds=2)
    with ready([worker, master]):
        run_id = begin(master, own("away"), GATED.format(gate))
        own_mongodb.kill()
        viewer = Viewer(master.port, run_id)
        viewer.until_text("one\n")
        gate.touch()
        viewer.until_text("one\ntwo\nthree\n")
        own_mongodb.start()
        assert viewer.to_end() == "one\ntwo\nthree\n"
        assert viewer.end
        assert viewer.end["outcome"] == "failed"
