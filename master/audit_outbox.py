"""The entries of the audit that wait in the store for the log store, read in pages."""

from __future__ import annotations

from collections.abc import Iterator

from common.constants import AUDIT_DIR
from common.store import Entry, Store

PAGE = 500


def pages(store: Store) -> Iterator[tuple[Entry, ...]]:
    """All that wait, oldest first, each page as it stands when it is read; one at least."""
    after, more = "", True
    while more:
        page = store.page(AUDIT_DIR, PAGE, after)
        yield page.entries
        after, more = page.entries[-1].key if page.entries else "", page.more


def waiting(store: Store) -> Iterator[Entry]:
    """The same one by one."""
    for entries in pages(store):
        yield from entries
