"""The store of jobs in etcd."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import Any

from common.constants import FLEET_KEY
from common.errors import StoreClosed, StoreFull, StoreLost
from common.etcd_addresses import Addresses
from common.etcd_alarms import Alarms
from common.etcd_calls import EtcdCalls
from common.etcd_errors import LeaseGone
from common.etcd_history import HEALTHY, Limits, warnings
from common.etcd_keys import to_bytes
from common.etcd_protocol import (
    LEASE_GRANT,
    LEASE_KEEP_ALIVE,
    LEASE_REVOKE,
    RANGE,
    TXN,
    Method,
    RangeRequest,
)
from common.etcd_settings import EtcdSettings
from common.etcd_snapshot import read_between, read_page, take_snapshot
from common.etcd_transaction import entry_of, outcome_of, request_of, request_of_many
from common.etcd_watch import EtcdWatch
from common.store import Entry, Outcome, Put, Snapshot, Transaction, Watch

_LEAST_LEASE_SECONDS = 1
_JOIN_SECONDS = 5.0


class EtcdStore:
    """Implements `Store`: reads are tried again within their time, writes are sent once."""

    def __init__(self, settings: EtcdSettings) -> None:
        """Looks names up, and waits for that no longer than the dial timeout; no etcd need answer.

        ConfigError for certificates that cannot be read.
        """
        self._endpoints = settings.endpoints
        self._timeout = settings.request_timeout_seconds
        addresses = Addresses(settings.parsed())
        addresses.look(settings.dial_timeout_seconds)
        self._calls = EtcdCalls(settings, addresses)
        self._alarms = Alarms(self._calls)
        # A connection of their own, so that a large snapshot does not hold up a claim.
        self._watch_calls = EtcdCalls(settings, addresses)
        self._lock = threading.Lock()
        self._closed = False
        self._watches: set[EtcdWatch] = set()

    def get(self, key: str) -> Entry | None:
        """The entry as it stands (linearizable), or None."""
        answer = self._calls.read(RANGE, RangeRequest(key=to_bytes(key)), f"read {key!r}")
        return entry_of(answer.kvs[0]) if answer.kvs else None

    def snapshot(self, prefix: str) -> Snapshot:
        """All under the prefix at one revision, however many there are (read in pages)."""
        return take_snapshot(self._calls, prefix, self._timeout)

    def page(self, prefix: str, size: int, after: str = "") -> Snapshot:
        """The first entries under the prefix behind a key, as they stand now."""
        return read_page(self._calls, prefix, size, after, self._timeout)

    def between(self, first: str, last: str) -> Sequence[Entry]:
        """All from the first key to the last, both included, at one revision."""
        return read_between(self._calls, first, last, self._timeout)

    def commit(self, transaction: Transaction, timeout: float | None = None) -> Outcome:
        """Do it once; never sent again by itself."""
        request = request_of(transaction)
        answer = self._write(TXN, request, "commit", timeout, _puts(transaction))
        return outcome_of(transaction, answer, answer.header.revision)

    def commit_many(
        self, transactions: Sequence[Transaction], timeout: float | None = None
    ) -> list[Outcome]:
        """Do at most 100 transactions in one request; each wins or loses for itself."""
        request = request_of_many(transactions)
        if not transactions:
            return []
        answer = self._write(TXN, request, "commit a batch", timeout, any(map(_puts, transactions)))
        return [
            outcome_of(transaction, response.response_txn, answer.header.revision)
            for transaction, response in zip(transactions, answer.responses, strict=True)
        ]

    def grant(self, seconds: float) -> int:
        """A new lease's id; etcd counts whole seconds, so that a part of one becomes one."""
        whole = max(_LEAST_LEASE_SECONDS, math.ceil(seconds))
        return int(self._write(LEASE_GRANT, LEASE_GRANT.request(TTL=whole), "grant").ID)

    def renew(self, lease: int) -> float:
        """Renew; the seconds it now lasts, or 0 when the lease is gone."""
        request = LEASE_KEEP_ALIVE.request(ID=lease)
        try:
            return float(self._calls.ask(LEASE_KEEP_ALIVE, request, "renew a lease").TTL)
        except LeaseGone:
            return 0.0

    def revoke(self, lease: int) -> None:
        """End a lease and its keys at once; nothing happens when it is gone already."""
        try:
            # A lease's id never comes again, so that revoking twice harms nobody.
            self._calls.read(LEASE_REVOKE, LEASE_REVOKE.request(ID=lease), "revoke a lease")
        except LeaseGone:
            return

    def watch(self, prefixes: Sequence[str], in_parts: str = "") -> Watch:
        """Watch the prefixes (none a prefix of another); one of them is listed in parts."""
        with self._lock:
            if self._closed:
                raise StoreClosed("etcd was closed before: watch")
            watch = EtcdWatch(self._watch_calls, prefixes, in_parts, self._timeout, self._forget)
            self._watches.add(watch)
            return watch

    def ping(self) -> None:
        """Return when etcd answers and we may read what is ours; else one of the errors."""
        try:
            self.get(FLEET_KEY)
        except StoreLost as error:
            where, why = ", ".join(self._endpoints), self._calls.why()
            raise StoreLost(f"{error} (endpoints: {where}){why and f': {why}'}") from None

    def problems(self) -> list[str]:
        """Sentences on why etcd takes no writes, from its alarms."""
        return self._alarms.problems()

    def warnings(self, limits: Limits = HEALTHY) -> list[str]:
        """Sentences for the log about an etcd that will fill up; errors as of a read."""
        return warnings(self._calls, limits)

    def close(self) -> None:
        """End all calls and watches; safe twice."""
        with self._lock:
            self._closed = True
            watches = list(self._watches)
        for watch in watches:
            watch.cancel()
        self._watch_calls.close()
        self._calls.close()
        for watch in watches:
            watch.join(_JOIN_SECONDS)

    def _write(
        self,
        method: Method,
        request: Any,
        doing: str,
        timeout: float | None = None,
        needs_room: bool = True,
    ) -> Any:
        try:
            answer = self._calls.write(method, request, doing, timeout)
        except StoreFull:
            self._alarms.refused()
            raise
        if needs_room:
            self._alarms.accepted()
        return answer

    def _forget(self, watch: EtcdWatch) -> None:
        with self._lock:
            self._watches.discard(watch)


def _puts(transaction: Transaction) -> bool:
    return any(isinstance(operation, Put) for operation in transaction.then)
