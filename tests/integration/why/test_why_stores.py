"""Why, out of etcd and MongoDB: the same as out of files."""

from collections.abc import Iterator

import pytest

from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.mongo_log import MongoLogStore
from common.owed import Gap
from common.store import put
from common.trigger import Trigger
from common.trigger import pack as pack_trigger
from tests.conftest import MongoDatabase
from tests.integration.mastering import NOON
from tests.integration.why.scene import HOUR, ME, Scene
from tests.servers.etcd import EtcdServer


@pytest.fixture
def scene(clean_etcd: EtcdServer, mongo_database: MongoDatabase) -> Iterator[Scene]:
    """Two empty stores on servers."""
    store = EtcdStore(EtcdSettings((clean_etcd.endpoint,), request_timeout_seconds=30.0))
    logs = MongoLogStore(mongo_database.settings)
    logs.ping()
    yield Scene(store, logs)
    logs.close()
    store.close()


def test_runs_gaps_and_keys_are_found_on_servers(scene: Scene) -> None:
    scene.job()
    scene.worker()
    scene.record("failed", at=NOON - HOUR, err="exit status 3")
    scene.gap(NOON - 4 * HOUR, NOON - 3 * HOUR, 2, "no worker took it before its start deadline")
    scene.locked(scene.owed(NOON, start_time=NOON))
    trigger = Trigger(NOON - HOUR + 5000, NOON, "bob")
    put(scene.store, "/cron/trigger/a/beef", pack_trigger(trigger))
    assert scene.first("failed", at=NOON - HOUR) == f"It ran on {ME} and failed: exit status 3."
    assert "by bob (not begun yet)" in " ".join(scene.ask(at=NOON - HOUR)["answer"])
    assert "with the 2 due instants" in scene.first("missed_late_gap", at=NOON - 4 * HOUR)
    assert scene.first("running").startswith(f"It is running on {ME}")
    assert scene.first("will_run", next=1).endswith(f"that may run it ({ME}).")
    assert scene.first("no_such_job", name="b") == "There is no job named 'b'."


def test_gaps_of_shares_are_found_on_servers(scene: Scene) -> None:
    scene.job(hosts=2)
    gap = Gap(NOON - 3 * HOUR, NOON - HOUR, 3, "no_worker")
    scene.owed(NOON, f"a#1@{NOON}", "ended", outcome="success", gap=gap)
    scene.record("success", at=NOON - HOUR, run_id=f"a#0@{NOON - HOUR}")
    found = scene.ask(at=NOON - HOUR)
    assert found["cause"] == "shares"
    assert found["answer"][0] == "It has 2 shares: 1 success, 1 no_worker_gap."
