"""Contract of a Store: a watch tells a snapshot and then every change, in order."""

from concurrent.futures import ThreadPoolExecutor

from common.store import Absent, Delete, Put, Read, Store, Transaction, delete, put
from tests.contract.store_room import (
    StoreRoom,
    next_changes,
    next_item,
    next_snapshot,
    there,
    watching,
)

WRITERS = 4
PUTS = 50


class WatchChangesContract(StoreRoom):
    """Nothing is told twice, nothing is left out, and each change says what it was."""

    def test_a_watch_begins_with_what_is_there(self, store: Store, root: str) -> None:
        put(store, root + "b", b"2")
        put(store, root + "a", b"1")
        with watching(store, root) as watch:
            assert next_snapshot(watch) == store.snapshot(root)

    def test_a_watch_of_nothing_begins_with_an_empty_snapshot(
        self, store: Store, root: str
    ) -> None:
        with watching(store, root) as watch:
            assert next_snapshot(watch).entries == ()

    def test_puts_and_deletions_are_told_as_they_were(self, store: Store, root: str) -> None:
        with watching(store, root) as watch:
            begin = next_snapshot(watch)
            first = put(store, root + "a", b"one")
            told = [next_changes(watch, 1)[0].entry]
            assert told == [store.get(root + "a")]
            second = put(store, root + "a", b"two")
            third = delete(store, root + "a")
            changes = next_changes(watch, 2)
            assert begin.revision < first.revision
            assert [c.revision for c in changes] == [second.revision, third.revision]
            assert [c.key for c in changes] == [root + "a"] * 2
            entry = changes[0].entry
            assert entry is not None
            assert (entry.value, entry.created) == (b"two", first.revision)
            assert changes[1].entry is None

    def test_changes_before_the_watch_are_not_told_again(self, store: Store, root: str) -> None:
        put(store, root + "before", b"")
        with watching(store, root) as watch:
            next_snapshot(watch)
            put(store, root + "after", b"")
            assert [c.key for c in next_changes(watch, 1)] == [root + "after"]

    def test_all_changes_of_a_transaction_are_told(self, store: Store, root: str) -> None:
        put(store, root + "old", b"")
        with watching(store, root) as watch:
            next_snapshot(watch)
            operations = (Put(root + "a", b""), Read(root + "a"), Delete(root + "old"))
            done = store.commit(Transaction((Absent(root + "a"),), operations))
            changes = next_changes(watch, 2)
            assert {c.key: c.entry is None for c in changes} == {
                root + "a": False,
                root + "old": True,
            }
            assert {c.revision for c in changes} == {done.revision}

    def test_what_changes_nothing_is_not_told(self, store: Store, root: str) -> None:
        put(store, root + "a", b"")
        with watching(store, root) as watch:
            next_snapshot(watch)
            store.commit(Transaction((Absent(root + "a"),), (Put(root + "a", b"no"),)))
            delete(store, root + "nobody")
            put(store, root + "last", b"")
            assert [c.key for c in next_changes(watch, 1)] == [root + "last"]

    def test_changes_of_many_writers_come_by_rising_revision_and_each_once(
        self, store: Store, root: str
    ) -> None:
        def write(writer: int) -> list[int]:
            return [put(store, f"{root}{writer}", b"%d" % n).revision for n in range(PUTS)]

        with watching(store, root) as watch, ThreadPoolExecutor(WRITERS) as pool:
            next_snapshot(watch)
            writing = [pool.submit(write, writer) for writer in range(WRITERS)]
            told = [change.revision for change in next_changes(watch, WRITERS * PUTS)]
            written = sorted(revision for done in writing for revision in done.result())
        assert told == written

    def test_a_snapshot_amid_writing_and_its_changes_leave_no_gap(
        self, store: Store, root: str
    ) -> None:
        def write() -> int:
            return [put(store, f"{root}{n:03}", b"").revision for n in range(100)][-1]

        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write)
            with watching(store, root) as watch:
                seen = [entry.key for entry in next_snapshot(watch).entries]
                seen += [c.key for c in next_changes(watch, 100 - len(seen))]
            writing.result()
        assert seen == [f"{root}{n:03}" for n in range(100)]

    def test_what_a_watch_told_can_be_read(self, store: Store, root: str) -> None:
        with watching(store, root) as watch:
            next_snapshot(watch)
            for n in range(10):
                put(store, root + "a", b"%d" % n)
                told = next_changes(watch, 1)[0]
                assert there(store, root + "a").revision >= told.revision

    def test_several_prefixes_are_told_each_for_itself(self, store: Store, root: str) -> None:
        prefixes = [f"{root}{name}/" for name in ("jobs", "killer", "workers")]
        put(store, prefixes[1] + "old", b"")
        with watching(store, *prefixes) as watch:
            snapshots = {s.prefix: len(s.entries) for s in [next_snapshot(watch) for _ in range(3)]}
            assert snapshots == dict(zip(prefixes, [0, 1, 0], strict=True))
            for prefix in prefixes:
                put(store, prefix + "new", b"")
                item = next_item(watch)
                assert item.prefix == prefix
            put(store, root + "elsewhere", b"")
            put(store, prefixes[0] + "last", b"")
            assert [c.key for c in next_changes(watch, 1)] == [prefixes[0] + "last"]
