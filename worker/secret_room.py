"""Where runs find their secrets: directories in memory, one for each run, gone with it."""

from __future__ import annotations

import fcntl
import itertools
import logging
import os
import stat
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from worker.removal import remove
from worker.secret_files import SecretsRefused

log = logging.getLogger(__name__)

PREFIX = "fleetcron-secrets."
IN_MEMORY = (Path("/run/fleetcron"), Path("/dev/shm"))
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose the copies of a run are: the user that it runs as."""

    uid: int
    gid: int


class SecretRoom:
    """One executor's room for secrets; made where it is first needed. For many threads.

    It is held by a lock that goes with the process, so that `sweep` of a later one knows which
    rooms nobody uses any more. `home` is where it is made if no file system in memory will do.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._making = threading.Lock()
        self._numbers = itertools.count()
        self._path = ""
        self._place = -1

    def give(self, values: Mapping[str, bytes], owner: Owner) -> str:
        """Put a run's secrets down, readable for its owner alone; the path of their directory.

        SecretsRefused when that fails; then nothing of them is left.
        """
        with self._making:
            if self._place < 0:
                self._make()
        name = str(next(self._numbers))
        try:
            os.mkdir(name, 0o700, dir_fd=self._place)
            _fill(self._place, name, values, owner)
        except OSError as error:
            self.take_back(name)
            raise SecretsRefused(f"its secrets cannot be put down: {error.strerror}") from error
        return os.path.join(self._path, name)

    def take_back(self, path: str) -> None:
        """Remove what `give` put down; safe twice."""
        _remove(self._place, os.path.basename(path))

    def sweep(self) -> None:
        """Remove the rooms of our user that processes left behind which are gone."""
        for base in _bases(self._home):
            for path in _rooms_in(base):
                if (place := _abandoned(path)) >= 0:
                    log.warning("removing the secrets that a process left in %s", path)
                    _clear(place, path)

    def close(self) -> None:
        """Remove the room; safe twice and when there never was one."""
        with self._making:
            if self._place >= 0:
                _clear(self._place, Path(self._path))
                self._place = -1

    def _make(self) -> None:
        try:
            self._place, self._path = _made(_base(self._home))
        except OSError as error:
            raise SecretsRefused(f"there is no room for its secrets: {error.strerror}") from error


def _bases(home: Path) -> Iterator[Path]:
    """Where a room may be, the best first: what systemd gave to us, file systems in memory."""
    given = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    if given:
        yield Path(given)
    yield from (*IN_MEMORY, home)


def _base(home: Path) -> Path:
    """The first that we may write to and others can pass through, for a run has another user."""
    ours = [base for base in _bases(home) if _is_ours(base)]
    return next(filter(_is_open, ours), ours[0] if ours else home)


def _is_ours(base: Path) -> bool:
    """Whether we may make a room there, and nobody else can put another in its place."""
    if not base.is_dir() or not os.access(base, os.W_OK | os.X_OK):
        return False
    found = base.stat()
    shared = found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX
    return found.st_uid in (0, os.geteuid()) and not shared


def _is_open(path: Path) -> bool:
    return all(each.stat().st_mode & stat.S_IXOTH for each in (path, *path.resolve().parents))


def _made(base: Path) -> tuple[int, str]:
    """A new room of ours that no sweep takes for abandoned: its descriptor and its path."""
    while True:
        path = tempfile.mkdtemp(prefix=PREFIX, dir=base)
        os.chmod(path, 0o711)
        try:
            place = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        fcntl.flock(place, fcntl.LOCK_EX)
        if os.fstat(place).st_nlink:
            return place, path
        os.close(place)


def _fill(room: int, name: str, values: Mapping[str, bytes], owner: Owner) -> None:
    """Write the copies, and give them away; the directory last, for then we trust it no more."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    place = os.open(name, flags, dir_fd=room)
    try:
        for file, value in values.items():
            with os.fdopen(os.open(file, _CREATE, 0o400, dir_fd=place), "wb") as copy:
                copy.write(value)
                _give_away(copy.fileno(), owner, 0o400)
        _give_away(place, owner, 0o500)
    finally:
        os.close(place)


def _give_away(descriptor: int, owner: Owner, mode: int) -> None:
    if owner.uid != os.geteuid():
        os.fchown(descriptor, owner.uid, owner.gid)
    os.fchmod(descriptor, mode)


def _rooms_in(base: Path) -> list[Path]:
    try:
        return [path for path in base.iterdir() if path.name.startswith(PREFIX)]
    except OSError:
        return []


def _abandoned(path: Path) -> int:
    """The descriptor of a room of ours that we hold now and nobody held before, or -1."""
    try:
        place = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return -1
    try:
        if os.fstat(place).st_uid == os.geteuid():
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return place
    except OSError:
        pass
    os.close(place)
    return -1


def _clear(place: int, path: Path) -> None:
    """Remove a room that we hold, and let go of it."""
    for name in os.listdir(place):
        _remove(place, name)
    try:
        os.rmdir(path)
    except OSError as error:
        log.error("%s cannot be removed: %s", path, error.strerror)
    os.close(place)


def _remove(room: int, name: str) -> None:
    """Remove a run's directory, whatever the run made of it."""
    try:
        remove(room, name)
    except OSError as error:
        log.error("the secrets of a run cannot all be removed: %s", error.strerror)
