"""Following a watch of etcd in a test: what it told, checked as it comes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from common.errors import StoreClosed, StoreLost
from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.store import Change, Snapshot, Store, put
from tests.waiting import until

PREFIX = "/cron/jobs/"
PATIENCE = 45.0


@contextmanager
def store_at(*endpoints: str, **settings: object) -> Iterator[EtcdStore]:
    """An open store that is closed in the end; `settings` as of EtcdSettings."""
    given = EtcdSettings(tuple(endpoints), **settings)  # type: ignore[arg-type]
    store = EtcdStore(given)
    try:
        yield store
    finally:
        store.close()


def put_through(store: Store, key: str, value: bytes = b"") -> int:
    """Put until etcd says that it did; the revision of the put that was answered."""

    def answered() -> int:
        try:
            return put(store, key, value).revision
        except StoreLost:
            return 0

    return until(answered, PATIENCE, f"a put of {key} to be answered")


class Follower:
    """A thread that reads one watch of `PREFIX`, and keeps its snapshots and changes."""

    def __init__(self, store: Store, prefix: str = PREFIX) -> None:
        self.snapshots: list[Snapshot] = []
        self.changes: list[Change] = []
        self._watch = store.watch([prefix])
        self._thread = threading.Thread(target=self._read, name="follower")

    def __enter__(self) -> "Follower":
        self._thread.start()
        self.wait_snapshots(1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._watch.cancel()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    @property
    def told(self) -> list[int]:
        """The revisions of all changes, in the order in which they were told."""
        return [change.revision for change in self.changes]

    def wait_snapshots(self, count: int) -> Snapshot:
        """Wait for so many snapshots in all; the last of them."""
        until(lambda: len(self.snapshots) >= count, PATIENCE, f"{count} snapshots")
        return self.snapshots[-1]

    def wait_told(self, revision: int) -> list[int]:
        """Wait until this revision was told; all that were told."""
        until(lambda: revision in self.told, PATIENCE, f"revision {revision} to be told")
        return self.told

    def _read(self) -> None:
        try:
            while True:
                item = self._watch.next(1.0)
                if isinstance(item, Snapshot):
                    self.snapshots.append(item)
                elif item is not None:
                    self.changes.extend(item.changes)
        except StoreClosed:
            return


class Writer:
    """A thread that puts without end, and keeps the revisions of the puts that were answered."""

    def __init__(self, store: Store, name: str) -> None:
        self.answered: list[int] = []
        self._store = store
        self._name = name
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._write, name="writer")

    def __enter__(self) -> "Writer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def wait_more(self, count: int = 20) -> None:
        """Wait until so many more puts were answered."""
        wanted = len(self.answered) + count
        until(lambda: len(self.answered) >= wanted, PATIENCE, f"{count} more puts")

    def _write(self) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            try:
                done = put(self._store, f"{PREFIX}{self._name}{number % 7}", b"%d" % number)
                self.answered.append(done.revision)
            except StoreLost:
                continue
