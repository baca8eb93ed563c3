"""One worker of the bench: the daemon, its own wires to the stores, and its own clock."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psutil

from tests.acceptance.fleet import Daemon, stores
from tests.faults.logged_table import LoggedTable
from tests.faults.shifted_clock import ShiftedClock
from tests.faults.wires import CLEAR, Weather, Wires
from tests.servers.etcd_cluster import EtcdCluster
from tests.servers.mongodb import MongoServer
from tests.waiting import until

IP = "10.9.8.7"


class Station:
    """Worker `name` of the fleet; everything that happens to it alone is done here."""

    def __init__(
        self,
        folder: Path,
        name: str,
        wires: Wires,
        etcd: EtcdCluster,
        mongodb: MongoServer,
        shim: Path,
        settings: Mapping[str, Any],
    ) -> None:
        folder.mkdir(mode=0o700, parents=True)
        self.name = name
        self.identity = f"{IP}:{name}"
        self.etcd = [wires.wire(node.client_port, http2=True) for node in etcd.nodes]
        self.mongodb = wires.wire(mongodb.port)
        self.clock = ShiftedClock(shim, folder / "clock")
        self.data = folder / "data"
        uri = mongodb.uri.replace(mongodb.endpoint, self.mongodb.endpoint)
        ways = stores([wire.endpoint for wire in self.etcd], uri)
        options = ("--instance", name, "--data", str(self.data))
        self.daemon = Daemon(
            folder / "worker",
            "worker",
            {**ways, "advertise_ip": IP, "log_level": "debug", **settings},
            *options,
        )
        self.daemon.child.env = self.clock.environment()
        self.executors: set[int] = set()
        self._log_from = 0
        self._table = LoggedTable(self.daemon.child.log)

    def start(self, wait: bool = True) -> None:
        """Start the worker; with `wait`, return when it is ready."""
        self._log_from = len(self.daemon.log())
        self._table.begin()
        self.daemon.start(wait=False)
        if wait:
            self.wait_ready()

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Return when it is ready; its executors are known from then on."""
        until(lambda: "worker is ready" in self.log() or not self.running, timeout, "it is ready")
        assert self.running, self.daemon.child.tail()
        self.executors |= {process.pid for process in self.daemon.processes()[1:]}

    @property
    def running(self) -> bool:
        """Whether the main process lives; a frozen one does."""
        return self.daemon.child.running

    def log(self) -> str:
        """What it has logged since it was started last."""
        return self.daemon.log()[self._log_from :]

    def reach_etcd(self, weather: Weather) -> None:
        """The weather on its ways to all nodes of etcd."""
        for wire in self.etcd:
            wire.set(weather)

    def reset_etcd(self) -> None:
        """Break its connections to etcd: what is on its way is lost."""
        for wire in self.etcd:
            wire.reset()

    def kill(self) -> None:
        """SIGKILL to the main process alone."""
        self.daemon.child.send(signal.SIGKILL)
        until(lambda: not self.running, why=f"{self.name} is dead")

    def freeze(self) -> None:
        """SIGSTOP to the main process alone."""
        self.daemon.child.freeze()

    def freeze_host(self) -> None:
        """SIGSTOP to everything of it, jobs too, as a virtual machine is paused."""
        self._all(signal.SIGSTOP)

    def kill_host(self) -> None:
        """SIGKILL to everything of it, jobs too, as a power cut does it."""
        self._all(signal.SIGSTOP)
        doomed = self.tree()
        self._all(signal.SIGKILL)
        until(lambda: not self.running and not _living(doomed), why=f"{self.name} is gone")

    def thaw(self) -> None:
        """SIGCONT to everything of it."""
        if self.running:
            self._all(signal.SIGCONT)

    def heal(self) -> None:
        """Undo all that may have been done to it, and start it if it is dead; does not wait."""
        for wire in (*self.etcd, self.mongodb):
            wire.set(CLEAR)
        self.clock.shift(0.0)
        self.thaw()
        if not self.running:
            self.start(wait=False)

    def tree(self) -> list[psutil.Process]:
        """Main process, executors and jobs, as far as they live."""
        found = []
        roots = {self.daemon.child.pid} if self.running else set()
        for pid in roots | self.executors:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if self._is_ours(process):
                    found += [process, *process.children(recursive=True)]
        return _living(found)

    def incarnations(self) -> list[str]:
        """The incarnations that it has begun since it was started last."""
        return re.findall(r"incarnation (\S+) begins", self.log())

    def table(self) -> Mapping[str, int]:
        """Jobs and their revisions as the worker has logged that it heard of them."""
        return self._table.read()

    def _is_ours(self, process: psutil.Process) -> bool:
        """Whether a pid that once was an executor's still is."""
        if process.pid == self.daemon.child.pid:
            return True
        with contextlib.suppress(psutil.Error):
            return "worker.executor" in process.cmdline()
        return False

    def _all(self, number: int) -> None:
        """Send a signal to all of it, again until nothing new has come meanwhile."""
        done: set[int] = set()
        while fresh := [process for process in self.tree() if process.pid not in done]:
            for process in fresh:
                done.add(process.pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, number)


def _living(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that are alive, each once."""
    return list({p.pid: p for p in processes if p.is_running() and _state(p) != "zombie"}.values())


def _state(process: psutil.Process) -> str:
    try:
        return str(process.status())
    except psutil.NoSuchProcess:
        return "zombie"
