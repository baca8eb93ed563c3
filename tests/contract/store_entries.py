"""Contract of a Store: single entries, snapshots, keys of all kinds, sizes."""

import pytest

from common.constants import MAX_VALUE_BYTES
from common.errors import StoreRefused
from common.store import Absent, Entry, Put, Snapshot, Store, Transaction, delete, put
from tests.contract.store_room import StoreRoom, there

ODD_NAMES = [
    "备份数据库",
    "with some spaces ",
    "a/b//c/",
    "line\nbreak\tand\x01control",
    "bytes that are no text \udcff\udc80\udcfe",
    "percent%20_and_'quotes\"",
    "Ünïcödé 🕰",
    "zero\x00inside",
]


class EntryContract(StoreRoom):
    """Entries come back as they were put, and revisions only grow."""

    def test_a_key_that_was_never_put_is_none(self, store: Store, root: str) -> None:
        assert store.get(root + "nobody") is None

    def test_a_put_key_is_read_back_with_the_revisions_of_its_put(
        self, store: Store, root: str
    ) -> None:
        done = put(store, root + "a", b"one")
        assert store.get(root + "a") == Entry(root + "a", b"one", done.revision, done.revision)

    def test_a_second_put_keeps_the_creation_and_moves_the_revision(
        self, store: Store, root: str
    ) -> None:
        first = put(store, root + "a", b"one")
        second = put(store, root + "a", b"two")
        assert second.revision > first.revision
        assert store.get(root + "a") == Entry(root + "a", b"two", second.revision, first.revision)

    def test_a_put_of_the_same_value_is_a_change_too(self, store: Store, root: str) -> None:
        first = put(store, root + "a", b"one")
        assert put(store, root + "a", b"one").revision > first.revision

    def test_a_deleted_key_is_gone_and_its_next_life_is_a_new_creation(
        self, store: Store, root: str
    ) -> None:
        put(store, root + "a", b"one")
        gone = delete(store, root + "a")
        assert store.get(root + "a") is None
        again = put(store, root + "a", b"two")
        assert again.revision > gone.revision
        assert there(store, root + "a").created == again.revision

    def test_deleting_what_is_not_there_changes_nothing(self, store: Store, root: str) -> None:
        before = put(store, root + "a", b"")
        after = delete(store, root + "nobody")
        assert (after.won, after.revision) == (True, before.revision)

    def test_every_change_has_a_higher_revision_than_the_one_before(
        self, store: Store, root: str
    ) -> None:
        revisions = [put(store, f"{root}{n % 3}", b"%d" % n).revision for n in range(20)]
        assert revisions == sorted(set(revisions))

    def test_an_empty_value_is_a_value(self, store: Store, root: str) -> None:
        put(store, root + "empty", b"")
        assert there(store, root + "empty").value == b""

    def test_a_value_may_hold_any_bytes(self, store: Store, root: str) -> None:
        put(store, root + "bytes", bytes(range(256)))
        assert there(store, root + "bytes").value == bytes(range(256))

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_a_key_of_any_letters_is_kept_apart_and_given_back_as_it_was(
        self, store: Store, root: str, name: str
    ) -> None:
        put(store, root + name, b"odd")
        put(store, root + "other", b"")
        assert there(store, root + name).key == root + name
        assert [entry.key for entry in store.snapshot(root + name).entries] == [root + name]
        delete(store, root + name)
        assert store.get(root + name) is None

    def test_a_value_of_the_greatest_size_is_kept(self, store: Store, root: str) -> None:
        put(store, root + "great", b"x" * MAX_VALUE_BYTES)
        assert len(there(store, root + "great").value) == MAX_VALUE_BYTES

    def test_a_value_above_the_greatest_size_is_refused_and_nothing_changes(
        self, store: Store, root: str
    ) -> None:
        too_large = Put(root + "great", b"x" * (MAX_VALUE_BYTES + 1))
        with pytest.raises(StoreRefused):
            store.commit(Transaction((), (Put(root + "small", b""), too_large)))
        with pytest.raises(StoreRefused):
            store.commit_many([Transaction((Absent(root),), (), (too_large,))])
        assert store.snapshot(root).entries == ()

    def test_the_snapshot_of_nothing_is_empty_at_the_revision_of_now(
        self, store: Store, root: str
    ) -> None:
        now = put(store, root + "a", b"")
        found = store.snapshot(root + "b/")
        assert found == Snapshot(root + "b/", found.revision, ())
        assert found.revision >= now.revision

    def test_a_snapshot_has_all_keys_under_its_prefix_in_order_and_no_other(
        self, store: Store, root: str
    ) -> None:
        inside = [root + "jobs/" + name for name in ("", "a", "a/b", "b", "中", "🕰")]
        for key in [*reversed(inside), root + "job", root + "jobs", root + "jobs0", root + "k"]:
            put(store, key, key.encode())
        entries = store.snapshot(root + "jobs/").entries
        assert [entry.key for entry in entries] == inside
        assert all(entry.value == entry.key.encode() for entry in entries)

    def test_a_prefix_that_ends_in_the_last_byte_has_an_end(self, store: Store, root: str) -> None:
        put(store, root + "p\udcff\udcff1", b"in")
        put(store, root + "q", b"out")
        assert [e.value for e in store.snapshot(root + "p\udcff\udcff").entries] == [b"in"]

    def test_what_lies_between_two_keys_is_read_with_both_of_them(
        self, store: Store, root: str
    ) -> None:
        for name in ("a", "b", "b/c", "c", "d"):
            put(store, root + name, name.encode())
        found = store.between(root + "b", root + "c")
        assert [entry.value for entry in found] == [b"b", b"b/c", b"c"]
        assert found[0] == store.get(root + "b")
        assert list(store.between(root + "e", root + "f")) == []
