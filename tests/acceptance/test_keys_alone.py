"""Ends that cannot be recorded as they were told: their keys are, and nothing waits for ever."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import (
    EVERY_SECOND,
    Master,
    lines,
    open_file,
    ready,
    shipper_of,
    stores,
    workers,
)
from tests.acceptance.test_bad_spool import refuse
from tests.acceptance.test_restart import owed
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import until
from worker.ends_file import frames, turn_of

LEASES = {"lost_after_seconds": 15, "registration_seconds": 4}
LITTLE_ROOM = """
import sys
from worker import filing_table
filing_table.MOST_WAITING_BYTES = 2500
from cli.__main__ import main
main()
"""


class Scene:
    """A fleet without MongoDB, whose job each second prints and notes its run id."""

    def __init__(self, folder: Path, etcd: EtcdServer) -> None:
        self.etcd = etcd
        self.mongodb = MongoServer(folder / "mongodb")
        settings = stores([etcd.endpoint], self.mongodb.uri)
        self.master = Master(folder / "master", settings)
        (self.worker,) = workers(folder, 1, settings, stop_timeout_seconds=1, **LEASES)
        self.data = folder / "data0"
        self.witness = open_file(folder / "witness")

    def save(self) -> None:
        """Let it run."""
        command = f"echo $FLEETCRON_RUN_ID; echo $FLEETCRON_RUN_ID >> {self.witness}"
        self.master.save("tick", command, EVERY_SECOND)

    def ran(self, count: int) -> list[str]:
        """So many runs at least."""
        until(lambda: len(lines(self.witness)) >= count, 60, "they run")
        return lines(self.witness)

    def owing(self) -> list[str]:
        """The runs that have keys."""
        found = self.etcd.etcdctl("get", "--prefix", "--keys-only", "/cron/runs/").split()
        return [key.rpartition("/")[2] for key in found]

    def heal(self, run_ids: list[str]) -> dict[str, dict[str, Any]]:
        """Let there be MongoDB, and no further run; the records of these, once, by their ids."""
        self.mongodb.start()
        self.master.call("/job/delete", name="tick")
        until(lambda: not owed(self.etcd), 60, "nothing is owed any more")
        logs = [log for log in self.master.logs("tick", 1000) if log["runId"] in run_ids]
        assert sorted(log["runId"] for log in logs) == sorted(run_ids)
        return {log["runId"]: log for log in logs}

    def spool(self) -> dict[str, Any]:
        """What the worker's registration says of its spool."""
        (worker,) = self.master.call("/api/v1/workers")
        return dict(worker["registration"].get("spool", {}))


@pytest.fixture
def scene(tmp_path: Path, own_etcd: EtcdServer) -> Iterator[Scene]:
    """One whose daemons are not started."""
    made = Scene(tmp_path, own_etcd)
    yield made
    made.mongodb.kill()


def test_an_end_that_was_damaged_is_recorded_by_its_key_and_its_part_is_used_again(
    scene: Scene,
) -> None:
    with ready([scene.master, scene.worker]):
        scene.save()
        scene.ran(2)
        parts = until(lambda: _written(scene.data), why="an end is durable")
        for part in parts:
            first = next(frames(part))
            with part.open("r+b") as file:
                file.seek(first.begin + 20)
                file.write(b"?")
        shipper = shipper_of(scene.worker.child.pid)
        assert shipper
        shipper.kill()  # it had read them before
        ran = scene.ran(len(lines(scene.witness)) + 3)
        logs = scene.heal(ran)
        by_key = {run_id for run_id, log in logs.items() if not log.get("worker")}
        assert by_key == {run_id for run_id, log in logs.items() if not log["output"]}
        assert by_key == {run_id for run_id, log in logs.items() if "output was lost" in said(log)}
        assert 1 <= len(by_key) < len(ran)
        assert {log["outcome"] for log in logs.values()} == {"success"}
        until(lambda: all(not each.exists() or turn_of(each) for each in parts), why="it is freed")
        until(lambda: scene.spool().get("unreadable"), why="it is shown")


def test_what_neither_disk_nor_memory_has_room_for_is_recorded_by_its_key(scene: Scene) -> None:
    argv = scene.worker.child.argv
    scene.worker.child.argv = [sys.executable, "-c", LITTLE_ROOM, *argv[3:]]
    with ready([scene.master, scene.worker]):
        refuse(scene.worker, scene.data)
        scene.master.save("tick", "echo $FLEETCRON_RUN_ID", EVERY_SECOND)
        until(lambda: scene.spool().get("leftToKeys"), 60, "it is shown")
        logs = scene.heal(scene.owing())
        assert [log for log in logs.values() if not log.get("worker")]
        assert {log["outcome"] for log in logs.values()} == {"success"}


def said(log: dict[str, Any]) -> str:
    """The reason of a record; "" where it has none."""
    return str(log.get("reason", ""))


def _written(data: Path) -> list[Path]:
    """The parts of the spool in which ends lie."""
    return [part for part in data.glob("*/executors/*/*.ends") if any(frames(part))]
