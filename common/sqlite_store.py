"""The store of jobs on one machine: a Store in an SQLite file, for one process."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from common.clock import Clock, SystemClock
from common.errors import StoreClosed, StoreError, StoreLost
from common.loop import Died, Loop
from common.sqlite_entries import STORE_FILE, SqliteEntries
from common.sqlite_file import SqliteFile
from common.sqlite_leases import whole_seconds
from common.sqlite_state import SqliteState
from common.sqlite_transactions import check
from common.sqlite_watch import SqliteWatch
from common.sqlite_writer import SqliteWriter
from common.store import Change, Entry, Outcome, Snapshot, Transaction

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 10.0
_CLOSE_SECONDS = 10.0


class SqliteStore:
    """A Store whose acknowledged changes survive `kill -9` and a power cut.

    The file is locked: a second process is told who has it. Leases outlive the process for as long
    as they were granted for, but not the machine: after its start their keys are removed.
    """

    def __init__(self, path: Path, clock: Clock | None = None, died: Died | None = None) -> None:
        """Open or make the file; StoreRefused when it is in use, damaged or none of ours.

        `died` is told if the store's thread ends before its time; every call is lost from then on.
        """
        self._file = SqliteFile(path, STORE_FILE)
        self._watches: set[SqliteWatch] = set()
        self._watching = threading.Lock()
        self._reading = threading.Lock()
        self._closed = False
        self._died = died
        try:
            self._state = SqliteState(self._file, clock or SystemClock())
            self._connection = self._file.connect()
        except BaseException:
            self._file.close()
            raise
        self._entries = SqliteEntries(self._connection)
        self._writer = SqliteWriter(self._state, self._file.translated, self._publish)
        self._thread = Loop(self._writer, self._writer_died)
        self._thread.start()

    def get(self, key: str) -> Entry | None:
        """The entry as it stands, or None."""
        with self._read() as entries:
            return entries.get(key)

    def snapshot(self, prefix: str) -> Snapshot:
        """All under the prefix at one revision."""
        with self._read() as entries:
            return Snapshot(prefix, entries.revision(), entries.under(prefix))

    def page(self, prefix: str, size: int, after: str = "") -> Snapshot:
        """The first entries under the prefix behind a key, as they stand now."""
        with self._read() as entries:
            found = entries.under(prefix, after, size + 1)
            more = len(found) > size
            return Snapshot(prefix, entries.revision(), found[:size], not after, more)

    def between(self, first: str, last: str) -> Sequence[Entry]:
        """All from the first key to the last, both included."""
        with self._read() as entries:
            return entries.between(first, last)

    def commit(self, transaction: Transaction, timeout: float | None = None) -> Outcome:
        """Do it once; its outcome is on disk when this returns."""
        return self.commit_many([transaction], timeout)[0]

    def commit_many(
        self, transactions: Sequence[Transaction], timeout: float | None = None
    ) -> list[Outcome]:
        """Do at most 100 transactions at one revision; each wins or loses for itself."""
        check(transactions)
        wait = _ANSWER_SECONDS if timeout is None else timeout
        return self._writer.ask(lambda: self._state.transact(transactions), wait)

    def grant(self, seconds: float) -> int:
        """A new lease's id; it ends with this boot of the machine at the latest."""
        whole = whole_seconds(seconds)
        return self._writer.ask(lambda: self._state.grant(whole), _ANSWER_SECONDS)

    def renew(self, lease: int) -> float:
        """Renew; the seconds it now lasts, or 0 when the lease is gone."""
        return self._writer.ask(lambda: self._state.renew(lease), _ANSWER_SECONDS)

    def revoke(self, lease: int) -> None:
        """End a lease and its keys at once."""
        self._writer.ask(lambda: self._state.revoke(lease), _ANSWER_SECONDS)

    def watch(self, prefixes: Sequence[str], in_parts: str = "") -> SqliteWatch:
        """Watch the prefixes; each is listed whole."""
        watch = SqliteWatch(prefixes, self.snapshot, self._forget)
        with self._watching:
            if self._closed:
                raise StoreClosed(f"{self._file.path} is closed")
            self._watches.add(watch)
        return watch

    def ping(self) -> None:
        """Return when the file can be read and the writer answers."""
        with self._read() as entries:
            entries.revision()
        self._writer.ask(lambda: None, _ANSWER_SECONDS)

    def problems(self) -> list[str]:
        """Why the file takes no writes, where the last one failed and another would."""
        if self._writer.problem:
            try:
                self._writer.ask(self._state.touch, _ANSWER_SECONDS)
            except StoreError as error:
                return [str(error)]
        return []

    def close(self) -> None:
        """End all calls and watches; what was acknowledged stays. The file is free afterwards."""
        with self._watching:
            self._closed = True
            watches = tuple(self._watches)
        for watch in watches:
            watch.cancel()
        self._thread.ask()
        ended = self._thread.join(_CLOSE_SECONDS)
        with self._reading:
            self._connection.close()
        if ended:
            self._file.close()
        else:
            log.warning("%s: the disk does not answer; left locked", self._file.path)

    @contextlib.contextmanager
    def _read(self) -> Iterator[SqliteEntries]:
        """The entries as they are at one moment."""
        with self._reading:
            if self._closed:
                raise StoreClosed(f"{self._file.path} is closed")
            with self._file.translated():
                self._connection.execute("BEGIN")
                try:
                    yield self._entries
                finally:
                    self._connection.rollback()

    def _publish(self, changes: Sequence[Change]) -> None:
        if changes:
            with self._watching:
                watches = tuple(self._watches)
            for watch in watches:
                watch.offer(changes)

    def _forget(self, watch: SqliteWatch) -> None:
        with self._watching:
            self._watches.discard(watch)

    def _writer_died(self, name: str, error: BaseException) -> None:
        log.error("%s ended; the store is lost until a restart", name, exc_info=error)
        self._writer.give_up(StoreLost(f"the store's writer ended: {error!r}"))
        if self._died:
            self._died(name, error)
