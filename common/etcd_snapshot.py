"""Reading all under a prefix at one revision, in pages."""

from __future__ import annotations

from typing import Any

from common.errors import StoreLost
from common.etcd_calls import EtcdCalls
from common.etcd_errors import Compacted, MessageTooLarge
from common.etcd_keys import prefix_end, to_bytes
from common.etcd_protocol import RANGE, RangeRequest
from common.etcd_transaction import entry_of
from common.store import Entry, Snapshot

_PAGE = 5_000
_PAGE_PATIENCE = 5
"""How many times longer a page may take than another request."""

_TRIES = 5


def take_snapshot(calls: EtcdCalls, prefix: str, timeout: float) -> Snapshot:
    """All entries under the prefix; `timeout` is that of a single request.

    Begun anew when etcd compacts the revision away amid it; `StoreLost` when it does so always.
    """
    for _ in range(_TRIES):
        try:
            return _Pages(calls, prefix, timeout * _PAGE_PATIENCE).read()
        except Compacted:
            continue
    raise StoreLost(f"etcd compacts faster than {prefix!r} can be read")


class _Pages:
    """One pass over a prefix."""

    def __init__(self, calls: EtcdCalls, prefix: str, timeout: float) -> None:
        self._calls = calls
        self._prefix = prefix
        self._timeout = timeout
        self._next = to_bytes(prefix)
        self._end = prefix_end(self._next)
        self._limit = _PAGE
        self._revision = 0

    def read(self) -> Snapshot:
        """All pages, at the revision of the first."""
        entries: list[Entry] = []
        while True:
            page = self._page()
            self._revision = self._revision or page.header.revision
            entries.extend(entry_of(kv) for kv in page.kvs)
            if not page.more:
                return Snapshot(self._prefix, self._revision, tuple(entries))
            self._next = page.kvs[-1].key + b"\0"

    def _page(self) -> Any:
        """One page; of fewer keys when their values are too large for one message."""
        while True:
            try:
                return self._calls.read(RANGE, self._request(), self._doing(), self._timeout)
            except MessageTooLarge:
                if self._limit == 1:
                    raise
                self._limit = max(1, self._limit // 4)

    def _request(self) -> Any:
        return RangeRequest(
            key=self._next, range_end=self._end, limit=self._limit, revision=self._revision
        )

    def _doing(self) -> str:
        return f"read all under {self._prefix!r}"
