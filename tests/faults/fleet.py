"""The bench's fleet: 3 etcd, 2 masters, 3 workers, one log store, and what is done to them."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.store import put
from tests.acceptance.fleet import Master, stores
from tests.faults.calls import UNTOLD, post
from tests.faults.evidence import Fault
from tests.faults.findings import WORKERS, keys_under
from tests.faults.guard import Guard
from tests.faults.shifted_clock import ShiftedClock, compile_shim, compiler
from tests.faults.station import Station
from tests.faults.true_clock import now_ms
from tests.faults.wires import Wires
from tests.faults.witness import Witness
from tests.servers.etcd_cluster import EtcdCluster
from tests.servers.mongodb import MongoServer
from tests.waiting import NeverHappened, until

SETTINGS: Mapping[str, Any] = {
    "lost_after_seconds": 5.0,
    "registration_seconds": 3.0,
    "stop_timeout_seconds": 3.0,
    "log_commit_seconds": 0.2,
    "executor_threads": 16,
}
"""Small leases, so that what hangs on their end happens soon."""
MEMORY = Path("/dev/shm")


class Fleet:
    """All daemons and servers of a bench. `start` before, `close` after; `heal` undoes faults."""

    def __init__(
        self,
        workers: int = 3,
        masters: int = 2,
        starting_at: int | None = None,
        etcd_arguments: tuple[str, ...] = (),
        login: bool = False,
        labels: Sequence[Mapping[str, str]] = (),
        **settings: Any,
    ) -> None:
        """Choose ports and folders, in memory where that can be; nothing runs before `start`.

        `starting_at` is what the daemons' clocks say when the first of them starts (epoch ms), if
        it is not the true time;
        with a `login` etcd asks who they are; `labels` are those of the first worker, of the
        second and so on; `settings` are all workers' own.
        """
        compiler()  # before anything is there that would have to go again
        place = MEMORY if MEMORY.is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="fleetcron-faults-", dir=place))
        self.witness = Witness(self.folder / "witness")
        self.wires = Wires()
        self.etcd = EtcdCluster(self.folder / "etcd", arguments=etcd_arguments)
        self.mongodb = MongoServer(self.folder / "mongodb")
        self._shim = compile_shim(self.folder)
        self.guard = Guard(self.etcd, self.folder / "password") if login else None
        known = self.guard.settings if self.guard else {}
        self.settings = {**SETTINGS, **known, **settings}
        self._labels = labels
        self._drained: dict[str, int] = {}
        self.drained: list[Fault] = []
        self._starting_at = starting_at
        self._shift = 0.0
        self.stations: list[Station] = []
        for number in range(workers):
            self.stations.append(self._station(f"w{number}", f"w{number}"))
        ways = {**stores(self.etcd.endpoints, self.mongodb.uri), **known}
        self.masters = [Master(self.folder / f"m{number}", ways) for number in range(masters)]
        self._clock = ShiftedClock(self._shim, self.folder / "clock")
        for child in (self.mongodb.child, *(master.child for master in self.masters)):
            child.env = self._clock.environment()

    def now_ms(self) -> int:
        """What the daemons' clocks say, epoch ms."""
        return now_ms() + round(1000 * self._shift)

    @property
    def lost_after(self) -> float:
        """The lease that claims hang on, seconds."""
        return float(self.settings["lost_after_seconds"])

    def start(self) -> None:
        """Start everything; returns when all are ready."""
        self.mongodb.start(wait=False)
        self.etcd.start()
        if self.guard:
            self.guard.close_the_door()
        self.mongodb.wait_ready()
        self._set_clocks()
        self.heal()

    def _set_clocks(self) -> None:
        """Let the daemons' time begin, now that nothing else has to come up before them."""
        if self._starting_at is not None:
            self._shift = (self._starting_at - now_ms()) / 1000
            for clock in (self._clock, *(station.clock for station in self.stations)):
                clock.set_base(self._shift)

    def heal(self) -> None:
        """Undo every fault and start what is dead; returns when all workers are registered."""
        for child in (*(node.child for node in self.etcd.nodes), self.mongodb.child):
            if child.running:
                child.thaw()
        self.etcd.start()
        if not self.mongodb.child.running:
            self.mongodb.start()
        for station in self.stations:
            station.heal()
        for master in self.masters:
            if not master.child.running:
                master.start(wait=False)
        for master in self.masters:
            until(lambda: _answers(master), 60, "the master answers")  # noqa: B023
        for station in self.stations:
            station.wait_ready()
        for identity in sorted(self._drained):
            until(lambda: self._undrain(identity), 60, "it takes runs again")  # noqa: B023
        until(
            lambda: len(self.registered()) >= len(self.stations), 60, "all workers are registered"
        )

    def drain(self, station: Station) -> None:
        """Tell a worker, by a master that runs, to take no runs; healing lets it take them again.

        It may not be known afterwards whether it was told.
        """
        self._drained.setdefault(station.identity, now_ms())
        told = {"worker": station.identity, "reason": "the bench"}
        with contextlib.suppress(*UNTOLD):
            up = [master for master in self.masters if master.child.running]
            post((up or self.masters)[0], "/api/v1/worker/drain", told)

    def _undrain(self, identity: str) -> bool:
        with contextlib.suppress(*UNTOLD):
            post(self.masters[0], "/api/v1/worker/undrain", {"worker": identity})
            self.drained.append(Fault(identity, self._drained.pop(identity), now_ms()))
        return identity not in self._drained

    def registered(self) -> set[str]:
        """The workers that are registered."""
        return {key.removeprefix(WORKERS) for key in keys_under(self.etcd, WORKERS)}

    def put(self, key: str, value: bytes) -> None:
        """Put any bytes under a key, as somebody's tool may do it."""
        store = EtcdStore(EtcdSettings(tuple(self.etcd.endpoints)))
        try:
            put(store, key, value)
        finally:
            store.close()

    def revision(self) -> int:
        """The revision that etcd is at."""
        status = json.loads(self.etcd.nodes[0].etcdctl("get", "/", "-w", "json"))
        return int(status["header"]["revision"])

    def station_of(self, executor: int) -> Station | None:
        """The worker whose executor this process is, or was."""
        return next((s for s in self.stations if executor in s.executors), None)

    def twin(self, first: Station) -> Station:
        """Another worker of the same name, with a state directory of its own; not started."""
        made = self._station(f"{first.name}-twin", first.name)
        self.stations.append(made)
        return made

    def _station(self, folder: str, name: str) -> Station:
        number = len(self.stations)
        own = {"labels": self._labels[number]} if number < len(self._labels) else {}
        return Station(
            self.folder / folder,
            name,
            self.wires,
            self.etcd,
            self.mongodb,
            self._shim,
            {**self.settings, **own},
        )

    @contextmanager
    def closing(self) -> Iterator[Fleet]:
        """The fleet, started; closed in the end."""
        try:
            self.start()
            yield self
        finally:
            self.close()

    def close(self) -> None:
        """End every process and thread, and remove the folder."""
        for station in self.stations:
            if station.running or station.executors:
                with contextlib.suppress(NeverHappened):
                    station.kill_host()
            station.daemon.child.kill()
        for daemon in self.masters:
            daemon.child.kill()
        self.etcd.kill()
        self.mongodb.kill()
        self.wires.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _answers(master: Master) -> bool:
    try:
        master.call("/worker/list")
    except (OSError, AssertionError, ValueError):
        return False
    return True
