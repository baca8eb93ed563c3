"""`fleetcron master` and `fleetcron worker` as processes, from a configuration file."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import fleetcron
from tests.servers.certificates import make_certificates
from tests.servers.child import Child
from tests.servers.etcd import EtcdServer, RunningEtcd
from tests.servers.mongodb import MongoServer, RunningMongo
from tests.servers.ports import free_port
from tests.waiting import until

HERE = Path(__file__).parents[2]


class Daemons:
    """Daemons of one test, each ended after it."""

    def __init__(self, directory: Path, stores: str) -> None:
        self.directory = directory
        self.stores = stores
        self.port = free_port()
        self.children: list[Child] = []

    def start(self, kind: str, *options: str, text: str = "") -> Child:
        """Start a master or worker from a file of its own."""
        number = len(self.children)
        config = self.directory / f"{number}.toml"
        config.write_text(self.stores + text)
        argv = [sys.executable, "-m", "cli", kind, "--config", str(config), *options]
        child = Child(argv, self.directory / f"{number}.log", cwd=HERE, env=dict(os.environ))
        self.children.append(child)
        child.start()
        return child

    def master(self) -> Child:
        """Start a master and wait until it is ready."""
        return ready(self.start("master", text=f'listen = "127.0.0.1:{self.port}"\n'))

    def worker(self, *options: str) -> Child:
        """Start a worker and wait until it is ready."""
        data = str(self.directory / "data")
        return ready(self.start("worker", "--data", data, *options))

    def call(self, *arguments: str) -> Result:
        """A command of the command line against the master."""
        url = f"http://127.0.0.1:{self.port}"
        return CliRunner(env={"FLEETCRON_SERVER": url}).invoke(fleetcron, list(arguments))


def ready(child: Child) -> Child:
    until(lambda: says(child, "is ready") or not child.running, why="the daemon is ready")
    assert child.running, child.tail()
    return child


def says(child: Child, text: str) -> bool:
    return child.log.exists() and text in child.log.read_text()


@pytest.fixture
def daemons(
    tmp_path: Path,
    clean_etcd: EtcdServer | RunningEtcd,
    clean_mongodb: MongoServer | RunningMongo,
) -> Iterator[Daemons]:
    stores = f'etcd_endpoints = ["{clean_etcd.endpoint}"]\nmongodb_uri = "{clean_mongodb.uri}"\n'
    found = Daemons(tmp_path, stores)
    yield found
    for child in reversed(found.children):
        child.stop()


@pytest.fixture
def nowhere(tmp_path: Path) -> Iterator[Daemons]:
    stores = (
        f'etcd_endpoints = ["127.0.0.1:{free_port()}"]\n'
        f'mongodb_uri = "mongodb://user:hush@127.0.0.1:{free_port()}"\n'
    )
    found = Daemons(tmp_path, stores)
    yield found
    for child in reversed(found.children):
        child.stop()


def test_two_workers_of_one_host_run_what_a_master_saves(daemons: Daemons) -> None:
    daemons.master()
    workers = [daemons.worker("--instance", name) for name in ("a", "b")]
    listed = json.loads(daemons.call("worker", "list", "-o", "json").stdout)
    assert [worker["id"].rpartition(":")[2] for worker in listed] == ["a", "b"]
    given = ["--schedule", "* * * * * * *", "--command", "echo hello"]
    assert daemons.call("job", "save", "hello", *given).exit_code == 0

    def runs() -> list[dict[str, object]]:
        found = json.loads(daemons.call("job", "log", "hello", "-o", "json").stdout)
        # A busy machine may take a second for one of them, which keeps out the next.
        ran = [record for record in found if record["outcome"] != "skipped_overlap"]
        return ran if len(ran) >= 3 else []

    records = until(runs, why="three runs are recorded")
    assert {record["outcome"] for record in records} == {"success"}
    assert len({record["planTime"] for record in records}) == len(records)
    assert [worker.stop() for worker in workers] == [0, 0]
    assert json.loads(daemons.call("worker", "list", "-o", "json").stdout) == []


def test_an_instances_state_lies_in_a_directory_of_its_own(daemons: Daemons) -> None:
    daemons.worker("--instance", "a")
    assert (daemons.directory / "data" / "a").stat().st_mode & 0o777 == 0o700


def test_an_etcd_that_does_not_take_our_certificate_is_said_in_our_own_lines_alone(
    nowhere: Daemons, tmp_path: Path
) -> None:
    certificates = make_certificates(tmp_path / "certificates")
    etcd = EtcdServer(tmp_path / "etcd", tls=certificates)
    etcd.start()
    nowhere.stores = f'etcd_endpoints = ["{etcd.endpoint}"]\netcd_ca_file = "{certificates.ca}"\n'
    child = nowhere.start("master")
    until(lambda: says(child, "trying again until it answers"), why="it says so")
    assert child.stop() == 0
    etcd.kill()
    lines = child.log.read_text().splitlines()
    assert [line for line in lines if not re.match(r"\d{4}-\d\d-\d\dT", line)] == []


def test_a_second_worker_in_the_same_data_directory_is_refused_at_once(nowhere: Daemons) -> None:
    data = str(nowhere.directory / "data")
    first = nowhere.start("worker", "--data", data)
    until(lambda: says(first, "trying again until it answers"), why="it waits")
    second = nowhere.start("worker", "--data", data)
    assert second.wait(60) == 1
    assert "is in use by another daemon" in second.tail()


def test_the_fixed_interfaces_file_starts_a_master(
    daemons: Daemons, clean_etcd: EtcdServer, clean_mongodb: MongoServer
) -> None:
    config = daemons.directory / "master.json"
    document = {
        "the port": "a comment",
        "apiPort": daemons.port,
        "apiReadTimeout": 5000,
        "apiWriteTimeout": 5000,
        "etcdEndpoints": [clean_etcd.endpoint],
        "etcdDialTimeout": 5000,
        "webroot": "./webroot",
        "mongodbUri": clean_mongodb.uri,
        "mongodbConnectTimeout": 5000,
    }
    config.write_text(json.dumps(document))
    log = daemons.directory / "master.log"
    child = Child([sys.executable, "-m", "cli", "master", "--config", config], log, cwd=HERE)
    daemons.children.append(child)
    child.start()
    ready(child)
    assert daemons.call("job", "list", "-o", "json").stdout == "[]\n"


@pytest.mark.parametrize("kind", ["master", "worker"])
def test_a_daemon_without_its_stores_says_so_and_waits(nowhere: Daemons, kind: str) -> None:
    data = ["--data", str(nowhere.directory / "data")] * (kind == "worker")
    child = nowhere.start(kind, *data)
    until(lambda: says(child, "trying again until it answers"), why="it says so")
    assert says(child, " etcd at 127.0.0.1:")
    assert child.running
    assert not says(child, "is ready")
    assert child.stop() == 0
    assert not says(child, "hush")
    assert not says(child, "Traceback")


@pytest.mark.parametrize("kind", ["master", "worker"])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nonsense = 1\n", "nonsense: there is no such setting"),
        ("timezone = 'Mars/Base'\n", "timezone: 'Mars/Base' is not a known IANA time zone"),
        ("etcd_user = 'a'\n", "etcd_user and etcd_password_file must be set together"),
    ],
)
def test_a_wrong_file_ends_with_a_sentence(
    nowhere: Daemons, kind: str, text: str, sentence: str
) -> None:
    child = nowhere.start(kind, text=text)
    assert child.wait(60) == 1
    assert f" ERROR __main__: {nowhere.directory / '0.toml'}: {sentence}" in child.log.read_text()


def test_an_open_etcd_elsewhere_is_refused_before_it_is_spoken_to(tmp_path: Path) -> None:
    daemons = Daemons(tmp_path, 'etcd_endpoints = ["192.0.2.1:2379"]\n')
    child = daemons.start("master")
    assert child.wait(60) == 1
    assert says(child, "insecure_etcd = true")


def test_a_wrong_instance_is_refused(nowhere: Daemons) -> None:
    child = nowhere.start("worker", "--instance", "../x")
    assert child.wait(60) == 1
    assert says(child, "ERROR __main__: instance: '../x' is not 1-64 characters")
