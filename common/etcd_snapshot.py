"""Reading all under a prefix at one revision, in pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    start = to_bytes(prefix)
    entries, revision = _read(calls, start, prefix_end(start), f"all under {prefix!r}", timeout)
    return Snapshot(prefix, revision, tuple(entries))


def read_parts(calls: EtcdCalls, prefix: str, timeout: float) -> Iterator[Snapshot]:
    """The same in parts, each as soon as it is read; `Compacted` when it has to be begun anew."""
    start = to_bytes(prefix)
    pages = _Pages(calls, start, prefix_end(start), f"all under {prefix!r}", timeout)
    begins = True
    for entries, more in pages.read():
        yield Snapshot(prefix, pages.revision, tuple(entries), begins, more)
        begins = False


def read_between(calls: EtcdCalls, first: str, last: str, timeout: float) -> Sequence[Entry]:
    """All entries from the first key to the last, as `take_snapshot` reads those of a prefix."""
    end = to_bytes(last) + b"\0"
    return _read(calls, to_bytes(first), end, f"{first!r} to {last!r}", timeout)[0]


def read_page(calls: EtcdCalls, prefix: str, size: int, after: str, timeout: float) -> Snapshot:
    """The first `size` entries under the prefix behind the key `after`, as they stand now.

    Fewer where they are large; StoreRefused for a key that is none.
    """
    start = to_bytes(prefix)
    first = to_bytes(after) + b"\0" if after else start
    pages = _Pages(calls, first, prefix_end(start), f"some under {prefix!r}", timeout, size)
    entries, more = next(pages.read())
    return Snapshot(prefix, pages.revision, tuple(entries), not after, more)


def _read(
    calls: EtcdCalls, start: bytes, end: bytes, what: str, timeout: float
) -> tuple[list[Entry], int]:
    """All entries from `start` up to `end`, and the revision at which they stand."""
    for _ in range(_TRIES):
        try:
            pages = _Pages(calls, start, end, what, timeout)
            return [entry for page, _ in pages.read() for entry in page], pages.revision
        except Compacted:
            continue
    raise StoreLost(f"etcd compacts faster than {what} can be read")


class _Pages:
    """One pass over a stretch of keys."""

    def __init__(
        self,
        calls: EtcdCalls,
        start: bytes,
        end: bytes,
        what: str,
        timeout: float,
        size: int = _PAGE,
    ) -> None:
        self._calls = calls
        self._what = what
        self._timeout = timeout * _PAGE_PATIENCE
        self._next = start
        self._end = end
        self._limit = size
        self.revision = 0

    def read(self) -> Iterator[tuple[list[Entry], bool]]:
        """All pages, at the revision of the first, and of each whether there are more."""
        more = True
        while more:
            page = self._page()
            self.revision = self.revision or page.header.revision
            more = page.more
            yield [entry_of(kv) for kv in page.kvs], more
            self._next = page.kvs[-1].key + b"\0" if more else self._end

    def _page(self) -> Any:
        """One page; of fewer keys when their values are too large for one message."""
        while True:
            try:
                return self._calls.read(RANGE, self._request(), f"read {self._what}", self._timeout)
            except MessageTooLarge:
                if self._limit == 1:
                    raise
                self._limit = max(1, self._limit // 4)

    def _request(self) -> Any:
        return RangeRequest(
            key=self._next, range_end=self._end, limit=self._limit, revision=self.revision
        )
