"""A fleet of real daemons on one machine: workers and masters as their users start them."""

import contextlib
import http.client
import json
import os
import re
import sys
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.own_user import OWN_USER
from tests.servers.child import Child
from tests.servers.ports import free_port
from tests.waiting import until
from worker.process_stat import run_id_of

HERE = Path(__file__).parents[2]
EVERY_SECOND = "* * * * * * *"


class Daemon:
    """`fleetcron worker` or `fleetcron master`, in a process and with a config of its own."""

    def __init__(self, folder: Path, kind: str, settings: Mapping[str, Any], *options: str) -> None:
        folder.mkdir(mode=0o700, parents=True)
        config = folder / f"{kind}.toml"
        as_toml = json.JSONEncoder(separators=(", ", " = ")).encode
        own = {"default_user": OWN_USER} if kind == "worker" else {}
        lines = (f"{key} = {as_toml(value)}\n" for key, value in {**own, **settings}.items())
        config.write_text("".join(lines))
        argv = [sys.executable, "-m", "cli", kind, "--config", str(config), *options]
        self.child = Child(argv, folder / f"{kind}.log", env=dict(os.environ), cwd=HERE)
        self.kind = kind

    def start(self, wait: bool = True) -> None:
        """Start it; with `wait`, return when it is ready."""
        before = self.log().count(f"{self.kind} is ready")
        self.child.start()
        if wait:
            self.wait_ready(before)

    def wait_ready(self, before: int = 0) -> None:
        """Return when it has said that it is ready once more than `before`."""
        ready = f"{self.kind} is ready"
        until(lambda: self.log().count(ready) > before or not self.child.running, 60, ready)
        assert self.child.running, self.child.tail()

    def log(self) -> str:
        """All that it has logged."""
        return self.child.log.read_text() if self.child.log.exists() else ""

    def processes(self) -> list[psutil.Process]:
        """The daemon and its executors, not their runs."""
        main = psutil.Process(self.child.pid)
        return [main, *main.children()]

    def executors(self) -> list[psutil.Process]:
        """A worker's executors that live."""
        return [each for each in self.processes()[1:] if "worker.executor" in _words(each)]

    def die(self, executors: bool = False) -> None:
        """SIGKILL to the main process, and with `executors` to these before they can notice it."""
        victims = self.processes()[1:] if executors else []
        for victim in victims:
            victim.suspend()
        self.child.kill()
        for victim in victims:
            victim.kill()

    def cpu_seconds(self) -> float:
        """What the daemon and its executors have used so far."""
        return sum(sum(p.cpu_times()[:2]) for p in self.processes())

    def resident(self) -> int:
        """The memory of the daemon and its executors, bytes."""
        return sum(p.memory_info().rss for p in self.processes())


class Master(Daemon):
    """A master and a client for it."""

    def __init__(self, folder: Path, stores: Mapping[str, Any]) -> None:
        self.port = free_port()
        super().__init__(folder, "master", {**stores, "listen": f"127.0.0.1:{self.port}"})

    def call(self, path: str, **form: str) -> Any:
        """The `data` of an answer: a GET without a form, a POST with one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        body = urllib.parse.urlencode(form)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        connection.request("POST" if form else "GET", path, body or None, headers)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        assert answer["errno"] == 0, answer
        return answer["data"]

    def save(self, name: str, command: str, expr: str, **fields: Any) -> Any:
        """Save a job."""
        job = {"name": name, "command": command, "cronExpr": expr, **fields}
        return self.call("/job/save", job=json.dumps(job))

    def logs(self, name: str, limit: int = 100) -> list[dict[str, Any]]:
        """The newest records of a job that there are; none for a job that is not known."""
        query = urllib.parse.urlencode({"name": name, "limit": limit})
        found: list[dict[str, Any]] = self.call(f"/job/log?{query}")
        return found


def workers(folder: Path, count: int, stores: Mapping[str, Any], **settings: Any) -> list[Daemon]:
    """So many workers of this host, by instance name; not started."""
    common = {**stores, "advertise_ip": "10.9.8.7", "executor_threads": 16, **settings}
    return [
        Daemon(
            folder / f"worker{n}",
            "worker",
            common,
            "--instance",
            f"w{n}",
            "--data",
            str(folder / f"data{n}"),
        )
        for n in range(count)
    ]


@contextlib.contextmanager
def one_worker(folder: Path, stores: Mapping[str, Any], patience: float) -> Iterator[Daemon]:
    """A worker that is ready, and gives its runs so many seconds when it is to stop."""
    (made,) = workers(folder, 1, stores, stop_timeout_seconds=patience)
    made.start()
    yield made
    made.child.stop(60)


@contextlib.contextmanager
def ready(daemons: Sequence[Daemon]) -> Iterator[None]:
    """All of these, started together; stopped in the end, in this order."""
    for daemon in daemons:
        daemon.start(wait=False)
    try:
        for daemon in daemons:
            daemon.wait_ready()
        yield
    finally:
        for daemon in daemons:
            daemon.child.stop(60)


def shipper_of(pid: int) -> psutil.Process | None:
    """The process that writes the records of the worker with this main process; None without."""
    found = (each for each in psutil.Process(pid).children() if "worker.shipper" in _words(each))
    return next(found, None)


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []  # it has ended meanwhile


def stores(endpoints: Sequence[str], uri: str) -> dict[str, Any]:
    """The stores' settings."""
    return {"etcd_endpoints": list(endpoints), "mongodb_uri": uri}


def own(name: str) -> str:
    """The name of a job, or what run ids of it begin with, that no other test process has.

    Processes are looked for on the whole machine, by the run id that they carry.
    """
    job = re.split("[@#]", name)[0]
    return f"{job}-{os.getpid()}{name.removeprefix(job)}"


def running(run_id: str) -> list[int]:
    """The pids of everything alive that belongs to a run (or, with only a job's name, to its)."""
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return [pid for pid in pids if run_id_of(pid).startswith(run_id)]


def open_file(path: Path) -> Path:
    """The path, with an empty file there that jobs may write to, as whomever they run."""
    path.touch()
    path.chmod(0o666)
    return path


def lines(path: Path) -> list[str]:
    """The words of a file that may not be there yet."""
    return path.read_text().split() if path.exists() else []


def with_outcome(master: Master, name: str, outcome: str) -> dict[str, Any] | None:
    """The newest record of a job that ended so, or None."""
    try:
        found = master.logs(name)
    except AssertionError:
        return None
    return next((log for log in found if log["outcome"] == outcome), None)
