"""A fleet that MongoDB does not let in, or lets read only: it runs, says so, and records later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import EVERY_SECOND, Daemon, Master, open_file, own, stores, workers
from tests.servers.etcd import EtcdServer, Login
from tests.servers.mongodb import MongoServer
from tests.waiting import until

PASSWORD = "n0t-to-be-shown"
WRITES = [{"role": "readWrite", "db": "cron"}]
READS = [{"role": "read", "db": "cron"}]


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[MongoServer]:
    """A server that asks for a login."""
    made = MongoServer(tmp_path / "mongodb", login=Login("admin", "pw"))
    made.start()
    yield made
    made.kill()


def command(server: MongoServer, verb: str, **more: Any) -> None:
    """Make or change the fleet's user."""
    with server.client() as client:
        client["admin"].command(verb, "fleet", **more)


def fleet(tmp_path: Path, etcd: EtcdServer, uri: str) -> tuple[Master, Daemon]:
    """A master and a worker that log in as the fleet's user, both ready."""
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    login = {"mongodb_user": "fleet", "mongodb_password_file": str(secret)}
    settings: Mapping[str, Any] = {**stores([etcd.endpoint], uri), **login}
    master = Master(tmp_path / "master", settings)
    (worker,) = workers(tmp_path, 1, settings, stop_timeout_seconds=1)
    for daemon in (master, worker):
        daemon.start()
    return master, worker


@pytest.mark.parametrize("begins", ["unknown", "wrong password", "may read only"])
def test_a_fleet_that_may_not_write_runs_says_so_and_records_once_it_may(
    tmp_path: Path, own_etcd: EtcdServer, guarded: MongoServer, begins: str
) -> None:
    if begins != "unknown":
        known = PASSWORD if begins == "may read only" else "another"
        command(guarded, "createUser", pwd=known, roles=READS)
    uri = f"mongodb://{guarded.endpoint}/?directConnection=true&authSource=admin"
    master, worker = fleet(tmp_path, own_etcd, uri)
    name, witness = own("unrecorded"), open_file(tmp_path / "witness")
    master.save(name, f"echo $FLEETCRON_RUN_ID | tee -a {witness}", EVERY_SECOND)
    until(lambda: "ERROR" in worker.log(), why="it says so")
    until(lambda: len(witness.read_text().split()) >= 2, why="runs go on")
    assert guarded.endpoint in worker.log()
    assert PASSWORD not in worker.log() + master.log()
    verb = "createUser" if begins == "unknown" else "updateUser"
    command(guarded, verb, pwd=PASSWORD, roles=WRITES)
    guarded.restart()  # not every server looks again at who is connected already
    early = set(witness.read_text().split()[:2])

    def recorded() -> bool:
        with guarded.client() as client:
            found = [each["_id"] for each in client["cron"]["log"].find({"jobName": name})]
        return early <= set(found)

    until(recorded, why="what ran before is recorded")
    master.call("/job/delete", name=name)
    assert worker.child.stop(60) == 0
    assert master.child.stop(60) == 0
