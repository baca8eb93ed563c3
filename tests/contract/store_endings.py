"""Contract of a Store: ping, cancelled watches, and what close ends."""

import threading
from collections.abc import Callable

import pytest

from common.errors import StoreClosed
from common.store import Snapshot, Store, Transaction, Watch, put
from tests.contract.store_room import PATIENCE, StoreRoom, next_snapshot, watching
from tests.waiting import until


class Waiter:
    """A thread that waits in `watch.next` until that ends, and keeps what ended it."""

    def __init__(self, watch: Watch) -> None:
        self.ended: BaseException | None = None
        self._watch = watch
        self._thread = threading.Thread(target=self._wait)
        self._thread.start()

    def _wait(self) -> None:
        try:
            while True:
                self._watch.next(PATIENCE)
        except StoreClosed as error:
            self.ended = error

    def join(self) -> None:
        """Wait for the thread's end, and fail when it does not come."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


class EndingContract(StoreRoom):
    """What is ended is ended at once, by any thread, and leaves no thread."""

    def test_ping_returns_when_the_store_answers(self, store: Store) -> None:
        store.ping()
        assert store.problems() == []

    def test_a_cancelled_watch_raises_closed(self, store: Store, root: str) -> None:
        watch = store.watch([root])
        next_snapshot(watch)
        watch.cancel()
        watch.cancel()
        put(store, root + "a", b"")
        with pytest.raises(StoreClosed):
            watch.next(PATIENCE)

    def test_a_watch_cancelled_before_it_told_anything_raises_closed(
        self, store: Store, root: str
    ) -> None:
        watch = store.watch([root])
        watch.cancel()
        with pytest.raises(StoreClosed):
            watch.next(PATIENCE)

    def test_cancelling_from_another_thread_wakes_the_waiter(self, store: Store, root: str) -> None:
        watch = store.watch([root])
        next_snapshot(watch)
        waiter = Waiter(watch)
        watch.cancel()
        waiter.join()
        assert isinstance(waiter.ended, StoreClosed)

    def test_cancelling_one_watch_leaves_the_other(self, store: Store, root: str) -> None:
        with watching(store, root) as watch:
            next_snapshot(watch)
            store.watch([root]).cancel()
            put(store, root + "a", b"")
            assert watch.next(PATIENCE) is not None

    def test_cancelled_watches_leave_no_thread(self, store: Store, root: str) -> None:
        with watching(store, root) as first:
            next_snapshot(first)
        before = threading.active_count()
        for _ in range(5):
            with watching(store, root) as watch:
                next_snapshot(watch)
        until(lambda: threading.active_count() <= before, PATIENCE, "the watches' threads to end")

    def test_closing_wakes_the_waiter_of_every_watch(self, store: Store, root: str) -> None:
        watches = [store.watch([root]), store.watch([root])]
        assert all(isinstance(next_snapshot(watch), Snapshot) for watch in watches)
        waiters = [Waiter(watch) for watch in watches]
        store.close()
        for waiter in waiters:
            waiter.join()
            assert isinstance(waiter.ended, StoreClosed)

    def test_every_call_after_close_raises_closed(self, store: Store, root: str) -> None:
        store.close()
        store.close()
        calls: list[Callable[[], object]] = [
            lambda: store.get(root),
            lambda: store.snapshot(root),
            lambda: store.commit(Transaction((), ())),
            lambda: store.commit_many([Transaction((), ())]),
            lambda: store.grant(1),
            lambda: store.renew(1),
            lambda: store.revoke(1),
            lambda: store.watch([root]),
            store.ping,
        ]
        for call in calls:
            with pytest.raises(StoreClosed):
                call()

    def test_closing_amid_calls_ends_them(self, store: Store, root: str) -> None:
        begun = threading.Event()
        ended: list[BaseException] = []

        def keep_putting() -> None:
            try:
                while True:
                    put(store, root + "a", b"")
                    begun.set()
            except StoreClosed as error:
                ended.append(error)

        threads = [threading.Thread(target=keep_putting) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert begun.wait(PATIENCE)
        store.close()
        for thread in threads:
            thread.join(PATIENCE)
        assert len(ended) == 4
