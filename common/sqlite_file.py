"""An SQLite file of ours: made whole or not at all, held by one daemon, its errors translated."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common.errors import FleetcronError

_MAGIC = b"SQLite format 3\0"
_VERSION_AT, _APPLICATION_AT, _HEADER_BYTES = 60, 68, 100
_REFUSALS = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_NOTADB,
}
_BUSY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file holds: our mark in its header, the schema and its version, and what to raise
    where it is `lost`, `refused`, or there is no room (`full`; None: as `refused`).

    `checked`: every page is looked at when it is opened (for small files).
    """

    application: int
    version: int
    schema: str
    lost: type[FleetcronError]
    refused: type[FleetcronError]
    checked: bool
    full: type[FleetcronError] | None = None


class SqliteFile:
    """One database file, made if missing (0600, its directory 0700), locked to this process.

    A file that is not ours, damaged or written by a newer fleetcron is refused and left as it is.
    """

    def __init__(self, path: Path, kind: Kind, beside: bool = False) -> None:
        """With `beside` another process holds the file, and has made it, for us as well."""
        self.path = path
        self._kind = kind
        self._lock: _Lock | None = None
        with self.translated():
            if beside:
                self._look()
                return
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = self._take_lock()
        try:
            with self.translated():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def connect(self) -> sqlite3.Connection:
        """A connection for one thread at a time; what it commits is on disk (power cut too)."""
        with self.translated():
            connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._set_up(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """Raise the errors of SQLite and of the file system as those of the kind."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            raised = self._kind.refused if code in _REFUSALS else self._kind.lost
            if code == sqlite3.SQLITE_FULL and self._kind.full:
                raised = self._kind.full
            raise raised(f"{self.path}: {error}") from error
        except OSError as error:
            raise self._kind.refused(f"{self.path}: {error.strerror or error}") from error

    def close(self) -> None:
        """Let another process have the file; safe twice."""
        if self._lock is not None:
            self._lock.close()

    def _take_lock(self) -> _Lock:
        path = self.path.with_name(self.path.name + ".lock")
        try:
            return _Lock(path)
        except BlockingIOError:
            holder = path.read_text(errors="replace").strip() or "unknown"
            text = f"{self.path} is in use by process {holder}"
            raise self._kind.refused(text) from None

    def _prepare(self) -> None:
        if self.path.exists() and self.path.stat().st_size:
            self._look()
        else:
            self._make()

    def _look(self) -> None:
        """Refuse what is not ours by its header alone: SQLite changes what it opens."""
        with self.path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
        version = int.from_bytes(header[_VERSION_AT : _VERSION_AT + 4], "big")
        application = int.from_bytes(header[_APPLICATION_AT : _APPLICATION_AT + 4], "big")
        if not header.startswith(_MAGIC) or application != self._kind.application:
            raise self._kind.refused(f"{self.path} is no such file of fleetcron's; left as it is")
        if version > self._kind.version:
            text = (
                f"{self.path} was written by a newer fleetcron (version {version}); left as it is"
            )
            raise self._kind.refused(text)
        if self._kind.checked:
            self._check_pages()

    def _check_pages(self) -> None:
        uri = f"{self.path.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            try:
                (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            except sqlite3.DatabaseError as error:
                found = str(error)
        if found != "ok":
            raise self._kind.refused(f"{self.path} is damaged ({found}); left as it is")

    def _make(self) -> None:
        """Write a new database beside the path, then give it the name.

        What a removed one left is removed first: SQLite would play it into the new one.
        """
        new = self.path.with_name(self.path.name + ".new")
        for leftover in (f"{new}", f"{new}-journal", f"{self.path}-wal", f"{self.path}-shm"):
            Path(leftover).unlink(missing_ok=True)
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as connection:
            connection.executescript(
                f"BEGIN; PRAGMA application_id = {self._kind.application};"
                f"PRAGMA user_version = {self._kind.version}; {self._kind.schema} COMMIT;"
            )
        os.replace(new, self.path)
        directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _set_up(self, connection: sqlite3.Connection) -> None:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            text = f"{self.path}: its file system cannot share memory (a network file system?)"
            raise self._kind.refused(text)
        connection.execute("PRAGMA synchronous = FULL")


class _Lock:
    """A lock file that holds our pid, locked until it is closed or the process is gone."""

    def __init__(self, path: Path) -> None:
        """BlockingIOError when another holds it."""
        self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Unlock; safe twice. The file stays: removing it would let two hold a lock each."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
