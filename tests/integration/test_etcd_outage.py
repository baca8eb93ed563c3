"""etcd goes away and comes back: stopped, killed, frozen, cut off, emptied."""

import logging
import shutil
import threading
import time
from collections.abc import Iterator

import pytest

from common.errors import StoreClosed, StoreLost
from common.etcd_store import EtcdStore
from common.store import Exists, Put, Transaction, put
from tests.integration.etcd_following import (
    PATIENCE,
    PREFIX,
    Follower,
    Writer,
    put_through,
    store_at,
)
from tests.servers.etcd import EtcdServer
from tests.waiting import until


@pytest.fixture
def store(own_etcd: EtcdServer) -> Iterator[EtcdStore]:
    with store_at(own_etcd.endpoint) as opened:
        yield opened


def test_an_etcd_stopped_and_started_tells_every_change_once(
    own_etcd: EtcdServer, store: EtcdStore
) -> None:
    with Follower(store) as follower:
        written = [put(store, f"{PREFIX}{n}", b"").revision for n in range(5)]
        own_etcd.stop()
        with pytest.raises(StoreLost):
            store.get(PREFIX)
        own_etcd.start()
        written += [put_through(store, f"{PREFIX}{n}") for n in range(5, 10)]
        assert follower.wait_told(written[-1]) == written
        assert len(follower.snapshots) == 1


def test_an_etcd_killed_amid_writes_tells_every_answered_write_once(
    own_etcd: EtcdServer, store: EtcdStore
) -> None:
    with Follower(store) as follower:
        with Writer(store, "a") as one, Writer(store, "b") as other:
            for _ in range(2):
                one.wait_more()
                own_etcd.kill()
                own_etcd.start()
                other.wait_more()
        last = put_through(store, PREFIX + "last")
        told = follower.wait_told(last)
        assert told == sorted(set(told))
        assert {*one.answered, *other.answered} <= set(told)
        assert len(follower.snapshots) == 1


def test_every_call_ends_in_its_time_while_etcd_is_frozen(
    own_etcd: EtcdServer, store: EtcdStore
) -> None:
    lease = store.grant(60)
    own_etcd.freeze()
    for call in (
        lambda: store.get(PREFIX),
        lambda: put(store, PREFIX, b""),
        lambda: store.grant(5),
        lambda: store.renew(lease),
        store.ping,
    ):
        begun = time.monotonic()
        with pytest.raises(StoreLost):
            call()
        assert time.monotonic() - begun < 30.0
    own_etcd.thaw()
    assert put_through(store, PREFIX)
    assert store.renew(lease) > 0


def test_a_frozen_etcd_is_noticed_by_the_watch_which_goes_on_after(
    own_etcd: EtcdServer, store: EtcdStore, caplog: pytest.LogCaptureFixture
) -> None:
    with Follower(store) as follower, caplog.at_level(logging.INFO, "common"):
        own_etcd.freeze()
        until(lambda: "broke" in caplog.text, PATIENCE, "the watch to notice")
        own_etcd.thaw()
        until(lambda: "goes on" in caplog.text, PATIENCE, "the watch to say that it goes on")
        written = put_through(store, PREFIX + "a")
        assert follower.wait_told(written)[-1] == written
        assert len(follower.snapshots) == 1


def test_an_emptied_etcd_is_listed_anew(own_etcd: EtcdServer, store: EtcdStore) -> None:
    with Follower(store) as follower:
        written = [put(store, f"{PREFIX}{n}", b"").revision for n in range(20)]
        follower.wait_told(written[-1])
        own_etcd.kill()
        shutil.rmtree(own_etcd.folder / "data")
        own_etcd.start()
        assert follower.wait_snapshots(2).entries == ()
        new = put_through(store, PREFIX + "new")
        until(lambda: PREFIX + "new" in [c.key for c in follower.changes], PATIENCE, "the change")
        assert follower.told[-1] == new


def test_a_read_begun_while_etcd_is_away_is_answered_when_it_is_back(own_etcd: EtcdServer) -> None:
    with store_at(own_etcd.endpoint, request_timeout_seconds=PATIENCE) as patient:
        put(patient, PREFIX + "a", b"there")
        own_etcd.stop()
        found: list[object] = []
        reading = threading.Thread(target=lambda: found.append(patient.get(PREFIX + "a")))
        reading.start()
        own_etcd.start()
        reading.join(PATIENCE)
        assert [getattr(entry, "value", None) for entry in found] == [b"there"]


def test_a_store_opened_before_its_etcd_works_once_that_is_there(own_etcd: EtcdServer) -> None:
    own_etcd.stop()
    with store_at(own_etcd.endpoint) as early:
        with pytest.raises(StoreLost):
            early.ping()
        own_etcd.start()
        assert put_through(early, PREFIX)


def test_closing_ends_calls_and_watches_at_once_while_etcd_is_away(own_etcd: EtcdServer) -> None:
    with store_at(own_etcd.endpoint, request_timeout_seconds=PATIENCE) as store:
        own_etcd.freeze()
        before = threading.active_count()
        store.watch([PREFIX])
        ended = threading.Event()

        def call() -> None:
            try:
                store.commit(Transaction((Exists(PREFIX),), (Put(PREFIX, b""),)))
            except StoreClosed:
                ended.set()

        calling = threading.Thread(target=call)
        calling.start()
        store.close()
        assert ended.wait(PATIENCE / 2), "sooner than the call's own time"
        calling.join(PATIENCE)
        until(lambda: threading.active_count() <= before, why="all threads to end")
        own_etcd.thaw()
