"""Contract of a Store: leases and the keys that hang on them."""

import pytest

from common.errors import StoreRefused
from common.store import Put, Store, Transaction, put
from tests.contract.store_room import LONG, PATIENCE, StoreRoom, there
from tests.waiting import until

SHORT = 1.0


class LeaseContract(StoreRoom):
    """A leased key lives as long as its lease, which lives as long as it is renewed."""

    def test_every_lease_has_a_number_of_its_own(self, store: Store) -> None:
        leases = {store.grant(LONG) for _ in range(5)}
        assert len(leases) == 5
        assert all(lease > 0 for lease in leases)

    def test_a_leased_key_names_its_lease(self, store: Store, root: str) -> None:
        lease = store.grant(LONG)
        done = put(store, root + "a", b"", lease)
        assert there(store, root + "a").lease == lease
        assert there(store, root + "a").created == done.revision

    def test_a_renewed_lease_lasts_its_time_again(self, store: Store) -> None:
        lease = store.grant(LONG)
        assert LONG <= store.renew(lease) <= LONG + 2

    def test_a_part_of_a_second_is_rounded_up(self, store: Store) -> None:
        assert store.renew(store.grant(LONG + 0.5)) >= LONG + 0.5

    def test_a_lease_that_never_was_lasts_no_seconds(self, store: Store) -> None:
        assert store.renew(123456789) == 0

    def test_keys_of_a_lease_that_is_not_renewed_go(self, store: Store, root: str) -> None:
        lease = store.grant(SHORT)
        put(store, root + "a", b"", lease)
        put(store, root + "b", b"", lease)
        put(store, root + "stays", b"")
        until(lambda: len(store.snapshot(root).entries) == 1, PATIENCE, "the lease to end")
        assert store.renew(lease) == 0
        assert there(store, root + "stays").value == b""

    def test_keys_of_a_lease_that_is_renewed_stay(self, store: Store, root: str) -> None:
        kept, left = store.grant(SHORT), store.grant(SHORT)
        put(store, root + "kept", b"", kept)
        put(store, root + "left", b"", left)

        def left_is_gone() -> bool:
            assert store.renew(kept) >= SHORT
            return store.get(root + "left") is None

        until(left_is_gone, PATIENCE, "the lease that is not renewed to end")
        assert there(store, root + "kept").lease == kept

    def test_revoking_takes_the_keys_at_once_and_at_one_revision(
        self, store: Store, root: str
    ) -> None:
        lease = store.grant(LONG)
        for name in ("a", "b"):
            put(store, root + name, b"", lease)
        before = put(store, root + "stays", b"")
        store.revoke(lease)
        snapshot = store.snapshot(root)
        assert [entry.key for entry in snapshot.entries] == [root + "stays"]
        assert snapshot.revision == before.revision + 1
        assert store.renew(lease) == 0

    def test_revoking_a_lease_that_is_gone_does_nothing(self, store: Store) -> None:
        lease = store.grant(LONG)
        store.revoke(lease)
        store.revoke(lease)
        store.revoke(987654321)

    def test_a_put_without_a_lease_unbinds_the_key(self, store: Store, root: str) -> None:
        lease = store.grant(LONG)
        put(store, root + "a", b"one", lease)
        put(store, root + "a", b"two")
        assert there(store, root + "a").lease == 0
        store.revoke(lease)
        assert there(store, root + "a").value == b"two"

    def test_a_put_with_another_lease_binds_the_key_to_that(self, store: Store, root: str) -> None:
        first, second = store.grant(LONG), store.grant(LONG)
        put(store, root + "a", b"", first)
        put(store, root + "a", b"", second)
        store.revoke(first)
        assert there(store, root + "a").lease == second
        store.revoke(second)
        assert store.get(root + "a") is None

    def test_a_deleted_key_that_comes_again_is_not_the_old_leases(
        self, store: Store, root: str
    ) -> None:
        lease = store.grant(LONG)
        put(store, root + "a", b"", lease)
        store.commit(Transaction((), (Put(root + "b", b""),)))
        store.revoke(lease)
        put(store, root + "a", b"new")
        assert there(store, root + "a").lease == 0

    def test_a_put_under_a_lease_that_is_gone_is_refused_and_nothing_changes(
        self, store: Store, root: str
    ) -> None:
        lease = store.grant(LONG)
        store.revoke(lease)
        with pytest.raises(StoreRefused):
            store.commit(Transaction((), (Put(root + "a", b""), Put(root + "b", b"", lease))))
        with pytest.raises(StoreRefused):
            store.commit_many([Transaction((), (Put(root + "a", b"", lease),))])
        assert store.snapshot(root).entries == ()
