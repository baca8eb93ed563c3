"""The Unix socket of an executor: its place in the file system, and who may use it."""

import errno
import fcntl
import os
import socket
from pathlib import Path

from common.errors import FleetcronError
from worker.socket_peer import connect_to_own, is_own


class NoDescriptors(FleetcronError):
    """There is no descriptor, or no memory, for a connection now."""


def socket_path(directory: Path, number: int) -> Path:
    """Where an executor listens."""
    return directory / f"executor-{number}.sock"


def lock_path(directory: Path, number: int) -> Path:
    """What an executor holds locked for as long as it lives."""
    return directory / f"executor-{number}.lock"


def hold(directory: Path, number: int) -> int:
    """Wait until no other executor has this number here; the descriptor holds the place."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    lock = os.open(lock_path(directory, number), flags, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def is_held(directory: Path) -> bool:
    """Whether an executor lives that has a number in this directory."""
    return any(map(is_locked, directory.glob("executor-*.lock")))


def numbers(directory: Path) -> list[int]:
    """The numbers of all executors that live or lived in this directory."""
    names = [path.name.split(".")[0] for path in directory.glob("executor-*.*")]
    return sorted({int(n) for name in names if (n := name.removeprefix("executor-")).isdecimal()})


def is_locked(path: Path) -> bool:
    """Whether a living executor holds this lock (`lock_path`)."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def listen(directory: Path, number: int) -> socket.socket:
    """Listen for the main process; only the holder of the number may call this."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _Short(directory, number) as address:
        try:
            os.unlink(address)
        except FileNotFoundError:
            pass
        before = os.umask(0o077)
        try:
            listener.bind(address)
        finally:
            os.umask(before)
    listener.listen(4)
    return listener


def accept(listener: socket.socket) -> socket.socket | None:
    """The connection that waits, if there is one of a process of our own user.

    NoDescriptors where it cannot be taken now; it goes on waiting.
    """
    listener.setblocking(False)
    try:
        connection, _ = listener.accept()
    except (BlockingIOError, ConnectionAbortedError):
        return None
    except OSError as error:
        if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS):
            raise
        raise NoDescriptors(error.strerror) from error
    connection.setblocking(True)
    if is_own(connection):
        return connection
    connection.close()
    return None


def connect(directory: Path, number: int, timeout: float) -> socket.socket:
    """Connect to an executor that listens; OSError when it does not, or is not of our user."""
    with _Short(directory, number) as address:
        return connect_to_own(address, timeout, "the executor's socket")


class _Short:
    """A socket's address by way of a descriptor: a Unix address holds at most 107 bytes."""

    def __init__(self, directory: Path, number: int) -> None:
        self._directory = directory
        self._name = socket_path(directory, number).name

    def __enter__(self) -> str:
        self._fd = os.open(self._directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._fd}/{self._name}"

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
