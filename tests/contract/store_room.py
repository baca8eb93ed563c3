"""The room of a contract test: a part of the store of its own, and short ways to speak of it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from common.store import Change, Changes, Entry, Snapshot, Store, Watch
from tests.waiting import until

PATIENCE = 60.0
"""Seconds after which a test gives up; nothing that works takes so long."""

LONG = 3600.0
"""Seconds of a lease that no test sees the end of."""


class StoreRoom:
    """Gives each test of a contract keys that no other test knows."""

    @pytest.fixture
    def root(self) -> str:
        """A directory of keys for one test, ending in a slash."""
        return f"/cron/contract/{uuid.uuid4().hex}/"


@contextmanager
def watching(store: Store, *prefixes: str) -> Iterator[Watch]:
    """A watch that is cancelled in the end."""
    watch = store.watch(prefixes)
    try:
        yield watch
    finally:
        watch.cancel()


def next_item(watch: Watch) -> Snapshot | Changes:
    """The next thing that the watch tells, waited for."""
    item: Snapshot | Changes | None = None

    def told() -> bool:
        nonlocal item
        item = watch.next(1.0)
        return item is not None

    until(told, PATIENCE, "the watch to tell something")
    assert item is not None
    return item


def next_snapshot(watch: Watch) -> Snapshot:
    """The next thing that the watch tells, which has to be a snapshot."""
    item = next_item(watch)
    assert isinstance(item, Snapshot), item
    return item


def next_changes(watch: Watch, count: int) -> list[Change]:
    """The next `count` changes that the watch tells; no snapshot may come between."""
    changes: list[Change] = []
    while len(changes) < count:
        item = next_item(watch)
        assert isinstance(item, Changes), item
        assert all(change.key.startswith(item.prefix) for change in item.changes)
        changes.extend(item.changes)
    return changes


def there(store: Store, key: str) -> Entry:
    """The entry of a key that has to be there."""
    entry = store.get(key)
    assert entry is not None, key
    return entry
