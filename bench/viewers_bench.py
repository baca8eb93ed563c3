"""What it costs to look at a run: a worker's CPU and etcd's requests, for nobody, one and many.

A run prints a line each 50 ms, with the time at which it does. It is looked at by nobody, by one
viewer and by `--viewers`, each for so many seconds. A line that a viewer has counts as seen when
its event was read; the viewers are threads of one process, which has to keep up with them.

Fails where a line is seen later than a second after it was printed, where many cost the worker
more than one does (5 % of that, or 0.2 % of a core), or where anything of a run that nobody looks
at is put into the store. etcd's requests are counted by itself; those that a worker and a master
make anyway, for their leases, are in all three.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.ending import end_tidily
from bench.idle_bench import cpu_of
from bench.running_fleet import fleet
from common.constants import RUN_LOOK_DIR, RUN_OUTPUT_DIR
from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from tests.acceptance.fleet import Daemon, Master
from tests.integration.viewing import Viewer
from tests.servers.etcd import EtcdServer
from tests.waiting import pause, until

COMMAND = "while :; do date +%s%N; sleep 0.05; done"
NEVER_SOON = "0 0 1 1 *"
SETTLE_SECONDS = 3.0
LATEST_MS = 1000.0
_REQUESTS = re.compile(r"^grpc_server_started_total\{.*\} (\S+)$", re.M)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one share of the time took: seconds of it, CPU seconds, etcd's requests."""

    seconds: float
    cpu: float
    requests: float


class Bench:
    """A fleet with a run that prints, and what it has used so far."""

    def __init__(self, etcd: EtcdServer, master: Master, worker: Daemon) -> None:
        self.etcd, self.master, self.worker = etcd, master, worker
        self.run_id = ""

    def begin(self) -> None:
        """Let the run begin."""
        self.master.save("printing", COMMAND, NEVER_SOON, killGraceSeconds=1)
        connection = http.client.HTTPConnection("127.0.0.1", self.master.port, timeout=60)
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/api/v1/run", json.dumps({"name": "printing"}), headers)
        (self.run_id,) = json.loads(connection.getresponse().read())["data"]["runs"]
        path = f"/api/v1/run?id={self.run_id}"
        until(lambda: self.master.call(path)["state"] == "running", why="it runs")

    def measure(self, seconds: float) -> Cost:
        """What is used from now on for so long."""
        pids = [process.pid for process in self.worker.processes()]
        before, asked, began = sum(map(cpu_of, pids)), self._requests(), time.monotonic()
        pause(seconds)
        lasted = time.monotonic() - began
        return Cost(lasted, sum(map(cpu_of, pids)) - before, self._requests() - asked)

    def _requests(self) -> float:
        with urllib.request.urlopen(f"http://{self.etcd.endpoint}/metrics") as answer:
            return sum(map(float, _REQUESTS.findall(answer.read().decode())))


class Crowd:
    """So many viewers, and how late each line was seen (ms)."""

    def __init__(self, port: int, run_id: str, count: int) -> None:
        self.lags: list[float] = []
        self.viewers = [Viewer(port, run_id) for _ in range(count)]
        self._threads = [threading.Thread(target=self._see, args=(v,)) for v in self.viewers]
        self._since = float("inf")
        for thread in self._threads:
            thread.start()

    def count_from_now(self) -> None:
        """What was printed before this is not counted."""
        self._since = time.time()

    def leave(self) -> None:
        """All go."""
        for viewer in self.viewers:
            viewer.leave()
        for thread in self._threads:
            thread.join(60)

    def _see(self, viewer: Viewer) -> None:
        part = ""
        while event := viewer.hear():
            now = time.time()
            *lines, part = (part + str(event[2].get("text", ""))).split("\n")
            if event[0] == "output":
                printed = [int(line) / 1e9 for line in lines if line.isdecimal()]
                self.lags += [1000 * (now - at) for at in printed if at >= self._since]


@contextmanager
def scene(folder: Path) -> Iterator[Bench]:
    """A master and a worker on servers of their own."""
    etcd = EtcdServer(folder / "etcd")
    with fleet(folder, etcd, 1, stop_timeout_seconds=0) as (master, (worker,)):
        yield Bench(etcd, master, worker)


def looked_at(bench: Bench, count: int, seconds: float) -> tuple[Cost, list[float]]:
    """What it costs to be looked at by so many, and how late they see the lines (ms)."""
    crowd = Crowd(bench.master.port, bench.run_id, count)
    try:
        pause(SETTLE_SECONDS)
        crowd.count_from_now()
        cost = bench.measure(seconds)
    finally:
        crowd.leave()
    pause(SETTLE_SECONDS)
    return cost, sorted(crowd.lags)


def untouched(bench: Bench, seconds: float) -> tuple[Cost, bool]:
    """What it costs where nobody looks, and whether nothing was put for that."""
    store = EtcdStore(EtcdSettings((bench.etcd.endpoint,)))
    watch = store.watch((RUN_LOOK_DIR, RUN_OUTPUT_DIR))
    for _ in range(2):
        watch.next(30)
    cost = bench.measure(seconds)
    clean = watch.next(0.5) is None
    watch.cancel()
    store.close()
    return cost, clean


def row(name: str, cost: Cost, lags: list[float]) -> str:
    """A line of the table."""
    used = f"{100 * cost.cpu / cost.seconds:8.2f} {cost.requests / cost.seconds:10.1f}"
    if not lags:
        return f"{name:12}{used}"
    p50, p99 = lags[len(lags) // 2], lags[int(len(lags) * 0.99)]
    return f"{name:12}{used} {len(lags):8} {p50:8.0f} {p99:8.0f} {lags[-1]:8.0f}"


def main() -> int:
    """Print a line for nobody, one and many; 1 where a promise is not kept."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, scene(Path(scratch)) as bench:
        bench.begin()
        pause(SETTLE_SECONDS)
        none, clean = untouched(bench, given.seconds)
        one, early = looked_at(bench, 1, given.seconds)
        many, late = looked_at(bench, given.viewers, given.seconds)
    print(f"{'viewers':12}{'% core':>8} {'requests/s':>10} {'lines':>8} {'p50 ms':>8} "
          f"{'p99 ms':>8} {'max ms':>8}")  # fmt: skip
    for name, cost, lags in (("0", none, []), ("1", one, early), (str(given.viewers), many, late)):
        print(row(name, cost, lags))
    share = [100 * cost.cpu / cost.seconds for cost in (one, many)]
    kept = {
        "nothing is put while nobody looks": clean,
        f"{given.viewers} cost the worker what one does": share[1] - share[0]
        <= max(0.05 * share[0], 0.2),
        f"each line is seen within {LATEST_MS:.0f} ms": bool(early and late)
        and max(early[-1], late[-1]) <= LATEST_MS,
    }
    for what, held in kept.items():
        print(f"{'pass' if held else 'FAIL'}: {what}")
    return 0 if all(kept.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
