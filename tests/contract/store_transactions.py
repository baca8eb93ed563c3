"""Contract of a Store: transactions, their compares, and threads that race."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from common.errors import StoreRefused
from common.store import (
    Absent,
    Compare,
    Delete,
    Exists,
    Operation,
    Outcome,
    Put,
    Read,
    RevisionIs,
    Store,
    Transaction,
    ValueIs,
    put,
)
from tests.contract.store_room import StoreRoom, there

RACERS = 8
ROUNDS = 20


def holds(store: Store, compare: Compare) -> bool:
    """Ask the store whether a compare holds, and change nothing."""
    return store.commit(Transaction((compare,), ())).won


class TransactionContract(StoreRoom):
    """A transaction does one branch at once, or nothing at all."""

    def test_each_compare_holds_exactly_when_it_says(self, store: Store, root: str) -> None:
        done = put(store, root + "a", b"one")
        nobody = root + "nobody"
        put(store, root + "empty", b"")
        assert holds(store, Exists(root + "a"))
        assert not holds(store, Exists(nobody))
        assert holds(store, Absent(nobody))
        assert not holds(store, Absent(root + "a"))
        assert holds(store, RevisionIs(root + "a", done.revision))
        assert not holds(store, RevisionIs(root + "a", done.revision - 1))
        assert holds(store, RevisionIs(nobody, 0))
        assert not holds(store, RevisionIs(root + "a", 0))
        assert holds(store, ValueIs(root + "a", b"one"))
        assert not holds(store, ValueIs(root + "a", b"on"))
        assert not holds(store, ValueIs(nobody, b""))
        assert holds(store, ValueIs(root + "empty", b""))

    def test_one_compare_that_fails_is_enough_for_the_other_branch(
        self, store: Store, root: str
    ) -> None:
        put(store, root + "a", b"one")
        compares = (Exists(root + "a"), Absent(root + "a"), Absent(root + "b"))
        done = store.commit(
            Transaction(compares, (Put(root + "then", b""),), (Put(root + "else", b""),))
        )
        assert not done.won
        assert [e.key for e in store.snapshot(root).entries] == [root + "a", root + "else"]

    def test_all_of_a_branch_happens_at_one_revision(self, store: Store, root: str) -> None:
        put(store, root + "old", b"")
        done = store.commit(
            Transaction((), (Put(root + "a", b""), Delete(root + "old"), Put(root + "b", b"")))
        )
        entries = store.snapshot(root).entries
        assert [(e.key, e.revision) for e in entries] == [
            (root + "a", done.revision),
            (root + "b", done.revision),
        ]

    def test_the_branch_that_was_taken_answers_its_reads(self, store: Store, root: str) -> None:
        put(store, root + "a", b"one")
        reads = (Read(root + "a"), Read(root + "nobody"))
        lost = store.commit(Transaction((Absent(root + "a"),), (), reads))
        assert not lost.won
        assert lost.reads == {root + "a": there(store, root + "a"), root + "nobody": None}
        won = store.commit(Transaction((Exists(root + "a"),), (Read(root + "a"),), reads))
        assert won.won
        assert won.reads == {root + "a": there(store, root + "a")}

    def test_a_read_sees_what_was_put_before_it_in_the_same_branch(
        self, store: Store, root: str
    ) -> None:
        done = store.commit(Transaction((), (Put(root + "a", b"new"), Read(root + "a"))))
        seen = done.reads[root + "a"]
        assert seen is not None
        assert (seen.value, seen.revision) == (b"new", done.revision)

    def test_a_transaction_that_changes_nothing_leaves_the_revision(
        self, store: Store, root: str
    ) -> None:
        before = put(store, root + "a", b"")
        after = store.commit(Transaction((Absent(root + "a"),), (Put(root + "a", b""),)))
        assert after == Outcome(False, before.revision, {})

    @pytest.mark.parametrize("deletes", [False, True])
    def test_a_branch_that_writes_a_key_twice_is_refused_and_nothing_changes(
        self, store: Store, root: str, deletes: bool
    ) -> None:
        twice: Operation = Delete(root + "a") if deletes else Put(root + "a", b"2")
        with pytest.raises(StoreRefused):
            store.commit(Transaction((), (Put(root + "b", b""), Put(root + "a", b"1"), twice)))
        assert store.snapshot(root).entries == ()

    def test_both_branches_may_write_the_same_key(self, store: Store, root: str) -> None:
        def either() -> Transaction:
            compare, key = Absent(root + "a"), root + "a"
            return Transaction((compare,), (Put(key, b"then"),), (Put(key, b"else"),))

        assert store.commit(either()).won
        assert not store.commit(either()).won
        assert there(store, root + "a").value == b"else"

    def test_of_threads_that_race_for_a_revision_exactly_one_wins_each_round(
        self, store: Store, root: str
    ) -> None:
        start = threading.Barrier(RACERS)
        rounds = [put(store, f"{root}{n}", b"free").revision for n in range(ROUNDS)]

        def race(racer: int) -> list[bool]:
            start.wait()
            return [
                store.commit(
                    Transaction(
                        (RevisionIs(f"{root}{n}", revision),),
                        (Put(f"{root}{n}", b"%d" % racer),),
                    )
                ).won
                for n, revision in enumerate(rounds)
            ]

        with ThreadPoolExecutor(RACERS) as pool:
            won = list(pool.map(race, range(RACERS)))
        assert [sum(racer[n] for racer in won) for n in range(ROUNDS)] == [1] * ROUNDS
        values = {e.key: int(e.value) for e in store.snapshot(root).entries}
        assert all(won[values[f"{root}{n}"]][n] for n in range(ROUNDS))

    def test_threads_that_count_by_compare_and_set_lose_no_count(
        self, store: Store, root: str
    ) -> None:
        put(store, root + "count", b"0")

        def count_up() -> bool:
            now = there(store, root + "count")
            more = Put(root + "count", b"%d" % (int(now.value) + 1))
            return store.commit(Transaction((ValueIs(root + "count", now.value),), (more,))).won

        def count(times: int) -> None:
            while times:
                times -= count_up()

        with ThreadPoolExecutor(4) as pool:
            for counted in [pool.submit(count, 10) for _ in range(4)]:
                counted.result()
        assert there(store, root + "count").value == b"40"
