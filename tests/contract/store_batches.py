"""Contract of a Store: many transactions in one request."""

import pytest

from common.errors import StoreRefused
from common.store import Absent, Delete, Exists, Put, Read, Store, Transaction, put
from tests.contract.store_room import StoreRoom, there

GREATEST = 100
MOST_OPERATIONS = 28


class BatchContract(StoreRoom):
    """The transactions of a batch win and lose one by one, and are refused together."""

    def test_no_transactions_have_no_outcomes(self, store: Store) -> None:
        assert store.commit_many([]) == []

    def test_a_hundred_transactions_win_or_lose_each_for_itself(
        self, store: Store, root: str
    ) -> None:
        for n in range(0, GREATEST, 3):
            put(store, f"{root}{n}", b"taken")
        batch = [
            Transaction(
                (Absent(f"{root}{n}"),),
                (Put(f"{root}{n}", b"mine"), Put(f"{root}of/{n}", b"")),
                (Read(f"{root}{n}"),),
            )
            for n in range(GREATEST)
        ]
        outcomes = store.commit_many(batch)
        assert [outcome.won for outcome in outcomes] == [n % 3 != 0 for n in range(GREATEST)]
        for n, outcome in enumerate(outcomes):
            entry = there(store, f"{root}{n}")
            assert entry.value == (b"taken" if n % 3 == 0 else b"mine")
            assert outcome.reads == ({f"{root}{n}": entry} if n % 3 == 0 else {})
        assert len(store.snapshot(root + "of/").entries) == sum(o.won for o in outcomes)

    def test_all_outcomes_of_a_batch_have_the_revision_of_its_changes(
        self, store: Store, root: str
    ) -> None:
        batch = [Transaction((), (Put(f"{root}{n}", b""),)) for n in range(3)]
        revisions = {outcome.revision for outcome in store.commit_many(batch)}
        assert revisions == {entry.revision for entry in store.snapshot(root).entries}
        assert len(revisions) == 1

    def test_a_batch_in_which_all_lose_leaves_the_revision(self, store: Store, root: str) -> None:
        before = put(store, root + "a", b"")
        lose = Transaction((Absent(root + "a"),), (Put(root + "b", b""),))
        outcome = store.commit_many([lose])[0]
        assert (outcome.won, outcome.revision) == (False, before.revision)

    def test_the_compares_of_a_batch_see_the_store_before_it(self, store: Store, root: str) -> None:
        first = Transaction((), (Put(root + "a", b""),))
        second = Transaction((Exists(root + "a"),), (Put(root + "b", b""),))
        assert [outcome.won for outcome in store.commit_many([first, second])] == [True, False]
        assert store.get(root + "b") is None

    def test_transactions_of_a_batch_may_compare_the_same_key(
        self, store: Store, root: str
    ) -> None:
        put(store, root + "alive", b"")
        batch = [
            Transaction((Exists(root + "alive"),), (Put(f"{root}{n}", b""),), (Read(f"{root}{n}"),))
            for n in range(10)
        ]
        assert all(outcome.won for outcome in store.commit_many(batch))

    @pytest.mark.parametrize("first_deletes", [False, True])
    @pytest.mark.parametrize("second_deletes", [False, True])
    def test_a_key_written_by_two_of_a_batch_has_all_of_it_refused(
        self, store: Store, root: str, first_deletes: bool, second_deletes: bool
    ) -> None:
        put(store, root + "a", b"as it was")
        batch = [
            Transaction((), (Delete(root + "a") if deletes else Put(root + "a", b""),))
            for deletes in (first_deletes, second_deletes)
        ]
        with pytest.raises(StoreRefused):
            store.commit_many([Transaction((), (Put(root + "b", b""),)), *batch])
        assert [entry.value for entry in store.snapshot(root).entries] == [b"as it was"]

    def test_each_of_a_hundred_may_have_many_operations(self, store: Store, root: str) -> None:
        keys = [f"{root}{n}" for n in range(MOST_OPERATIONS)]
        put(store, keys[-1], b"found")
        reads = Transaction((), tuple(Read(key) for key in keys))
        compares = Transaction(tuple(Absent(key) for key in keys[:-1]), (), reads.then)
        outcomes = store.commit_many([reads, compares] * (GREATEST // 2))
        assert all(outcome.won for outcome in outcomes)
        found = dict.fromkeys(keys[:-1], None) | {keys[-1]: there(store, keys[-1])}
        assert [outcome.reads for outcome in outcomes] == [found, {}] * (GREATEST // 2)

    def test_more_than_a_hundred_are_refused(self, store: Store, root: str) -> None:
        batch = [Transaction((), (Put(f"{root}{n}", b""),)) for n in range(GREATEST + 1)]
        with pytest.raises(StoreRefused):
            store.commit_many(batch)
        assert store.snapshot(root).entries == ()

    def test_an_empty_transaction_wins(self, store: Store) -> None:
        assert store.commit_many([Transaction((), ())])[0].won
