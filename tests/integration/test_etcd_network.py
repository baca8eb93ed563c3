"""The network between us and etcd breaks, while etcd itself goes on and others write to it."""

from collections.abc import Iterator

import pytest

from common import etcd_channel
from common.errors import StoreLost
from common.etcd_store import EtcdStore
from common.etcd_watch_stream import PULSE_SECONDS
from common.store import Changes, delete, put
from tests.integration.etcd_following import PATIENCE, PREFIX, Follower, put_through, store_at
from tests.servers.etcd import EtcdServer
from tests.servers.tcp_proxy import TcpProxy
from tests.waiting import stays, until


@pytest.fixture
def proxy(own_etcd: EtcdServer) -> Iterator[TcpProxy]:
    made = TcpProxy(own_etcd.client_port)
    yield made
    made.close()


@pytest.fixture
def store(proxy: TcpProxy) -> Iterator[EtcdStore]:
    """A store that can be cut off."""
    with store_at(proxy.endpoint) as opened:
        yield opened


@pytest.fixture
def other(own_etcd: EtcdServer) -> Iterator[EtcdStore]:
    """A store that cannot, and gives etcd its time."""
    with store_at(own_etcd.endpoint, request_timeout_seconds=PATIENCE) as opened:
        yield opened


def test_what_others_wrote_while_we_were_cut_off_is_told_once_and_without_a_snapshot(
    proxy: TcpProxy, store: EtcdStore, other: EtcdStore
) -> None:
    with Follower(store) as follower:
        written = [put(other, PREFIX + "before", b"").revision]
        proxy.cut()
        written += [put(other, f"{PREFIX}{n % 10}", b"").revision for n in range(1_500)]
        written.append(delete(other, PREFIX + "before").revision)
        proxy.mend()
        written.append(put_through(other, PREFIX + "after"))
        assert follower.wait_told(written[-1]) == written
        assert len(follower.snapshots) == 1


def test_what_was_compacted_away_while_we_were_cut_off_is_listed_anew(
    own_etcd: EtcdServer, proxy: TcpProxy, store: EtcdStore, other: EtcdStore
) -> None:
    put(other, PREFIX + "deleted meanwhile", b"")
    with Follower(store) as follower:
        proxy.cut()
        delete(other, PREFIX + "deleted meanwhile")
        last = put(other, PREFIX + "written meanwhile", b"new").revision
        own_etcd.etcdctl("compaction", str(last))
        proxy.mend()
        anew = follower.wait_snapshots(2)
        assert [entry.key for entry in anew.entries] == [PREFIX + "written meanwhile"]
        assert anew.revision >= last
        written = put(other, PREFIX + "after", b"").revision
        assert follower.wait_told(written) == [written]


def test_a_network_that_swallows_everything_is_noticed_and_bridged(
    proxy: TcpProxy, store: EtcdStore, other: EtcdStore
) -> None:
    with Follower(store) as follower:
        written = [put(other, PREFIX + "before", b"").revision]
        follower.wait_told(written[0])
        proxy.hole()
        written += [put(other, f"{PREFIX}{n}", b"").revision for n in range(10)]
        with pytest.raises(StoreLost):
            store.get(PREFIX)
        assert follower.told == written[:1]
        proxy.mend()
        assert follower.wait_told(written[-1]) == written
        assert len(follower.snapshots) == 1


def test_a_connection_that_swallows_everything_is_given_up_for_another_one(
    proxy: TcpProxy, store: EtcdStore
) -> None:
    put(store, PREFIX + "before", b"")
    proxy.strand()
    with pytest.raises(StoreLost):
        store.get(PREFIX)
    put_through(store, PREFIX + "after")


def test_a_connection_without_calls_is_kept_by_etcd(
    proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    often = {**dict(etcd_channel._OPTIONS), "grpc.keepalive_time_ms": 500}
    monkeypatch.setattr(etcd_channel, "_OPTIONS", tuple(often.items()))
    with store_at(proxy.endpoint) as store:
        put(store, PREFIX + "before", b"")
        # The third ping without a call is one too many for etcd.
        stays(lambda: proxy.open == 1, 3)
        put(store, PREFIX + "after", b"")
        assert proxy.open == 1


def test_a_quiet_prefix_beside_a_busy_one_loses_nothing_when_both_are_cut_off(
    proxy: TcpProxy, store: EtcdStore, other: EtcdStore
) -> None:
    watch = store.watch([PREFIX, "/cron/runs/"])
    told: list[int] = []

    def look() -> bool:
        """Write to the busy one, and take what is told."""
        put(other, "/cron/runs/a", b"")
        item = watch.next(0.02)
        if isinstance(item, Changes):
            told.extend(change.revision for change in item.changes)
        return True

    stays(look, PULSE_SECONDS + 1)  # long enough for etcd to be asked how far it is
    proxy.cut()
    quiet = put(other, PREFIX + "a", b"").revision
    busy = put(other, "/cron/runs/last", b"").revision
    proxy.mend()
    until(lambda: look() and {quiet, busy} <= set(told), PATIENCE, "both to be told")
    assert len(told) == len(set(told))
    watch.cancel()


def test_a_write_whose_answer_is_lost_is_sent_once_and_lost(
    proxy: TcpProxy, store: EtcdStore, other: EtcdStore
) -> None:
    put(store, PREFIX + "a", b"before")
    with Follower(other) as follower:
        proxy.drop_answers()
        with pytest.raises(StoreLost):
            put(store, PREFIX + "a", b"unanswered")
        proxy.mend()
        last = put_through(store, PREFIX + "b")
        follower.wait_told(last)
        values = [change.entry.value for change in follower.changes if change.entry]
        assert values == [b"unanswered", b""]


def test_a_read_whose_connection_breaks_is_asked_again(proxy: TcpProxy, store: EtcdStore) -> None:
    put(store, PREFIX + "a", b"there")
    for _ in range(5):
        proxy.cut()
        proxy.mend()
        entry = until(lambda: store.get(PREFIX + "a"), why="the read to be answered")
        assert entry is not None
        assert entry.value == b"there"
