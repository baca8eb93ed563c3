"""Contract of a Store: the edges of a watch: leases, prefixes, odd keys, size."""

from common.store import Put, Store, Transaction, put
from tests.contract.store_entries import ODD_NAMES
from tests.contract.store_room import LONG, StoreRoom, next_changes, next_snapshot, watching


class WatchEdgesContract(StoreRoom):
    """A watch sees what a reader would see, and only under its prefix."""

    def test_the_end_of_a_lease_is_told_as_deletions(self, store: Store, root: str) -> None:
        lease = store.grant(1)
        with watching(store, root) as watch:
            next_snapshot(watch)
            put(store, root + "a", b"", lease)
            bound, gone = next_changes(watch, 2)
            assert bound.entry is not None
            assert bound.entry.lease == lease
            assert (gone.key, gone.entry) == (root + "a", None)
            assert gone.revision > bound.revision

    def test_a_revoked_lease_is_told_as_deletions(self, store: Store, root: str) -> None:
        lease = store.grant(LONG)
        for name in ("a", "b"):
            put(store, root + name, b"", lease)
        with watching(store, root) as watch:
            assert [entry.lease for entry in next_snapshot(watch).entries] == [lease] * 2
            store.revoke(lease)
            changes = next_changes(watch, 2)
            assert {c.key for c in changes} == {root + "a", root + "b"}
            assert all(c.entry is None for c in changes)

    def test_a_watch_ends_at_the_end_of_its_prefix(self, store: Store, root: str) -> None:
        with watching(store, root + "jobs/") as watch:
            next_snapshot(watch)
            for key in ("jobs", "jobs0", "jobs.", "job", "jobs/in"):
                put(store, root + key, b"")
            assert [c.key for c in next_changes(watch, 1)] == [root + "jobs/in"]

    def test_odd_keys_and_empty_values_are_told_as_they_are(self, store: Store, root: str) -> None:
        with watching(store, root) as watch:
            next_snapshot(watch)
            for name in ODD_NAMES:
                put(store, root + name, b"")
            changes = next_changes(watch, len(ODD_NAMES))
            assert [c.key for c in changes] == [root + name for name in ODD_NAMES]
            assert [c.entry and c.entry.value for c in changes] == [b""] * len(ODD_NAMES)

    def test_a_key_that_goes_and_comes_is_told_with_its_new_creation(
        self, store: Store, root: str
    ) -> None:
        lease = store.grant(LONG)
        put(store, root + "a", b"old", lease)
        with watching(store, root) as watch:
            next_snapshot(watch)
            store.revoke(lease)
            new = put(store, root + "a", b"new")
            gone, came = next_changes(watch, 2)
            assert gone.entry is None
            assert came.entry is not None
            assert (came.entry.created, came.entry.lease) == (new.revision, 0)

    def test_two_watches_are_told_the_same(self, store: Store, root: str) -> None:
        with watching(store, root) as one, watching(store, root) as other:
            next_snapshot(one)
            next_snapshot(other)
            for n in range(20):
                put(store, f"{root}{n}", b"%d" % n)
            assert next_changes(one, 20) == next_changes(other, 20)

    def test_a_watch_that_is_not_read_for_a_while_is_told_all(
        self, store: Store, root: str
    ) -> None:
        with watching(store, root) as watch:
            next_snapshot(watch)
            revisions = [put(store, root + "a", b"%d" % n).revision for n in range(500)]
            assert [c.revision for c in next_changes(watch, 500)] == revisions

    def test_next_answers_none_when_nothing_happens(self, store: Store, root: str) -> None:
        with watching(store, root) as watch:
            next_snapshot(watch)
            assert watch.next(0.05) is None
            assert watch.next(0) is None

    def test_a_large_prefix_is_read_whole_at_one_revision(self, store: Store, root: str) -> None:
        count = 2_500
        _fill(store, root, count)
        snapshot = store.snapshot(root)
        assert [int(entry.value) for entry in snapshot.entries] == list(range(count))
        assert all(entry.revision <= snapshot.revision for entry in snapshot.entries)
        with watching(store, root) as watch:
            assert next_snapshot(watch) == snapshot


def _fill(store: Store, root: str, count: int) -> None:
    """Put `count` keys, numbered in their order, a hundred at a time."""
    for start in range(0, count, 100):
        numbers = range(start, min(start + 100, count))
        store.commit(Transaction((), tuple(Put(f"{root}{n:05}", b"%d" % n) for n in numbers)))
