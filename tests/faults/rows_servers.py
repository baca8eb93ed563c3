"""Rows 18, 19 and 36: an etcd that is full, one that asks who we are, one that holds many jobs."""

import contextlib
import logging
import time

import pytest

from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.store import Put, Transaction
from tests.faults.bench_job import PREFIX
from tests.faults.calls import healthz
from tests.faults.sizes import size
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.waiting import pause, until

log = logging.getLogger(__name__)

QUOTA = 16 << 20
FULL_SECONDS = 8.0
MANY = size(10_000, 100_000)
MANY_SECONDS = 60 + MANY / 1000
"""In which each of them is known to everybody on a busy machine."""
AT_ONCE = 50


@pytest.mark.parametrize(
    "fleet", [{"etcd_arguments": (f"--quota-backend-bytes={QUOTA}",)}], indirect=True, ids=["16 MB"]
)
def test_row_18_a_full_etcd_is_called_so_and_makes_nobody_hurry(trial: Trial) -> None:
    """Whether claims are refused is etcd's to say: some versions let nested transactions pass."""
    ticks = trial.job(1)
    ticks.wait_start()
    with trial.fault("etcd full"):
        fill(trial)
        before = [station.daemon.cpu_seconds() for station in trial.fleet.stations]
        with pytest.raises(AssertionError, match="alarm NOSPACE"):
            trial.job(1, name="refused")
        trial.jobs.pop()
        for master in trial.fleet.masters:
            assert "alarm NOSPACE" in healthz(master)
        pause(FULL_SECONDS)
        for station, cpu in zip(trial.fleet.stations, before, strict=True):
            assert station.daemon.cpu_seconds() - cpu < 0.1 * FULL_SECONDS
            assert station.log().count("ERROR etcd takes no writes") <= 1
            assert station.log().count("alarm NOSPACE") < 4 * FULL_SECONDS
        empty(trial)
    for master in trial.fleet.masters:
        assert healthz(master) == "success"
    ticks.wait_start(now_ms())
    trial.job(1, name="again").wait_start(now_ms())


def fill(trial: Trial) -> None:
    """Put what nobody needs until etcd takes no more, and calls itself unhealthy."""

    def refused() -> bool:
        try:
            trial.fleet.etcd.nodes[0].etcdctl("put", "/junk", stdin="x" * 1_000_000)
        except AssertionError as error:
            return "space" in str(error)
        return False

    until(refused, 60, "etcd is full")


def empty(trial: Trial) -> None:
    """Compact, defragment and disarm, as etcd's manual says it."""
    nodes = trial.fleet.etcd.nodes
    nodes[0].etcdctl("compact", str(trial.fleet.revision()), "--physical")
    for node in nodes:
        node.etcdctl("defrag")
    nodes[0].etcdctl("alarm", "disarm")


@pytest.mark.parametrize("fleet", [{"login": True}], indirect=True, ids=["with a login"])
def test_row_19_a_restarted_etcd_that_asks_for_a_login_is_answered(trial: Trial) -> None:
    ticks = trial.job(1)
    ticks.wait_start()
    with trial.fault("etcd forgets who we are"):
        for node in trial.fleet.etcd.nodes:
            node.restart()
    ticks.wait_start(now_ms())
    guard = trial.fleet.guard
    assert guard
    with trial.fault("no rights any more"):
        guard.forbid()
        for station in trial.fleet.stations:
            until(lambda: "permission" in station.log(), why="it says so")  # noqa: B023
        guard.permit()
    ticks.wait_start(now_ms())
    changed = trial.job(1, name="after")
    changed.wait_start(now_ms())


def test_row_36_many_jobs_come_and_go_and_others_run_meanwhile(trial: Trial) -> None:
    ticks = trial.job(1)
    keys = [f"{PREFIX}many-{number}" for number in range(MANY)]
    with trial.fault("many jobs come"):
        write(trial, keys)
        there = trial.stored()
        until(lambda: trial.knows(trial.fleet.stations[0], there), MANY_SECONDS, "it knows them")
    again = trial.fleet.stations[1]
    with trial.fault("a worker starts anew"):
        again.kill_host()
        begun = time.monotonic()
        again.start()
        ready = time.monotonic() - begun
        until(lambda: trial.knows(again, there), MANY_SECONDS, "it knows all of them again")
        log.info("%d jobs: ready %.1f s after the start", MANY, ready)
        log.info("all of them known %.1f s after it", time.monotonic() - begun)
    with trial.fault("many jobs go"):
        trial.fleet.etcd.etcdctl("del", "--prefix", f"/cron/jobs/{PREFIX}many-")
        begun, left = time.monotonic(), trial.stored()
        for station in trial.fleet.stations:
            until(lambda: trial.knows(station, left), MANY_SECONDS, "they are gone")  # noqa: B023
        log.info("their deletion known to all after %.1f s", time.monotonic() - begun)
        trial.fleet.etcd.etcdctl("del", "--prefix", f"/cron/fired/{PREFIX}many-")
    ticks.wait_start(now_ms())


def write(trial: Trial, names: list[str]) -> None:
    """Put jobs that are due once a year, with their watermarks, many in a request."""
    store = EtcdStore(EtcdSettings(tuple(trial.fleet.etcd.endpoints)))
    fired = str(now_ms()).encode()
    with contextlib.closing(store):
        for start in range(0, len(names), AT_ONCE):
            puts: list[Put] = []
            for number, name in enumerate(names[start : start + AT_ONCE], start):
                expr = f"{number % 60} {number // 60 % 24} 1 1 *"
                value = f'{{"name": "{name}", "command": "true", "cronExpr": "{expr}"}}'
                puts += [
                    Put(f"/cron/jobs/{name}", value.encode()),
                    Put(f"/cron/fired/{name}", fired),
                ]
            store.commit(Transaction((), tuple(puts)), 10.0)
