"""Much in etcd: many keys, large values, a long history."""

from collections.abc import Iterator

import pytest

from common.constants import MAX_VALUE_BYTES
from common.errors import StoreRefused
from common.etcd_history import Limits
from common.etcd_store import EtcdStore
from common.store import Change, Changes, Entry, Put, Snapshot, Store, Transaction, put
from tests.integration.etcd_following import PREFIX, Follower, store_at
from tests.servers.etcd import EtcdServer, RunningEtcd

MANY = 20_000
LARGE = 50


@pytest.fixture
def store(clean_etcd: EtcdServer | RunningEtcd) -> Iterator[EtcdStore]:
    with store_at(clean_etcd.endpoint, request_timeout_seconds=60.0) as opened:
        yield opened
    clean_etcd.wipe()


def there(store: Store) -> Entry:
    """What is under the first key."""
    found = store.get(f"{PREFIX}0")
    assert found
    return found


def test_twenty_thousand_jobs_are_read_whole_and_watched(store: EtcdStore) -> None:
    for start in range(0, MANY, 100):
        puts = tuple(Put(f"{PREFIX}{n:06}", b"x" * 300) for n in range(start, start + 100))
        store.commit(Transaction((), puts))
    snapshot = store.snapshot(PREFIX)
    assert [e.key for e in snapshot.entries] == [f"{PREFIX}{n:06}" for n in range(MANY)]
    with Follower(store) as follower:
        assert follower.snapshots == [snapshot]
    in_parts = store.watch([PREFIX], in_parts=PREFIX)
    parts: list[Snapshot] = []
    while not parts or parts[-1].more:
        part = in_parts.next(60.0)
        assert isinstance(part, Snapshot)
        parts.append(part)
    assert len(parts) > 1
    assert [part.begins for part in parts] == [True] + [False] * (len(parts) - 1)
    assert {part.revision for part in parts} == {snapshot.revision}
    assert tuple(entry for part in parts for entry in part.entries) == snapshot.entries
    last = put(store, f"{PREFIX}0", b"").revision
    assert in_parts.next(60.0) == Changes(PREFIX, (Change(f"{PREFIX}0", last, there(store)),))


def test_more_than_fits_into_one_message_is_read_and_watched_all_the_same(
    store: EtcdStore,
) -> None:
    for n in range(LARGE):
        put(store, f"{PREFIX}{n:02}", bytes([n]) * MAX_VALUE_BYTES)
    entries = store.snapshot(PREFIX).entries
    assert [entry.value[0] for entry in entries] == list(range(LARGE))
    assert {len(entry.value) for entry in entries} == {MAX_VALUE_BYTES}
    page = store.page(PREFIX, LARGE)
    assert page.more
    assert page.entries == entries[: len(page.entries)]


def test_a_transaction_larger_than_etcd_takes_is_refused(store: EtcdStore) -> None:
    puts = tuple(Put(f"{PREFIX}{n}", b"x" * 1_000_000) for n in range(2))
    with pytest.raises(StoreRefused, match="larger"):
        store.commit(Transaction((), puts))
    with pytest.raises(StoreRefused, match="larger"):
        store.commit(
            Transaction((), tuple(Put(f"{p.key}{n}", p.value) for n in "abcd" for p in puts))
        )
    with pytest.raises(StoreRefused, match="operations"):
        store.commit(Transaction((), tuple(Put(f"{PREFIX}{n}", b"") for n in range(129))))
    assert store.snapshot(PREFIX).entries == ()


def test_a_history_that_grows_is_warned_of_until_it_is_compacted(own_etcd: EtcdServer) -> None:
    with store_at(own_etcd.endpoint) as store:
        for n in range(50):
            last = put(store, PREFIX, b"%d" % n).revision
        assert store.warnings() == []
        strict = Limits(never_compacted=40, kept=40)
        assert "--auto-compaction-retention" in store.warnings(strict)[0]
        own_etcd.etcdctl("compaction", str(last - 45))
        assert "45" in store.warnings(strict)[0]
        own_etcd.etcdctl("compaction", str(last))
        assert store.warnings(strict) == []
        assert "GB" in store.warnings(Limits(size=1))[0]
