"""How a main process asks a nursery for an executor: one connection, a request, an answer.

The request is JSON with the executor's whole command line, so that an old nursery starts executors
of a new version; a descriptor for its stdout goes with it. The answer's descriptor is a pidfd: the
process cannot be mistaken for another one, though only the nursery may reap it.
"""

from __future__ import annotations

import errno
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from worker.socket_peer import connect_to_own, pid_of_peer

SOCKET = "nursery.sock"
OF_THE_STARTER = frozenset(("JOURNAL_STREAM", "FLEETCRON_LOG", "RUNTIME_DIRECTORY"))
"""How a process's stderr is read, and where its short-lived files lie: as of who started it."""
NURSERY_SECONDS = 10.0
"""What a nursery may take to answer."""
MOST_BYTES = 1 << 20
MOST_PATH_BYTES = 107
"""What the kernel takes as a socket's path."""
_CHUNK = 1 << 16


@dataclass(slots=True)
class Request:
    """What to start: a command line, its environment and directory, and where its stdout goes.

    A context that closes `stdout`.
    """

    argv: list[str]
    env: dict[str, str]
    cwd: str
    stdout: int

    def __enter__(self) -> Request:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.stdout)


def listen(directory: Path) -> socket.socket:
    """Listen in a directory, which is made, 0700, if missing; of two the later one is heard.

    OSError where that cannot be.
    """
    path = directory / SOCKET
    if (size := len(os.fsencode(path))) > MOST_PATH_BYTES:
        why = f"{path} has {size} bytes, and a socket's path at most {MOST_PATH_BYTES}"
        raise OSError(errno.ENAMETOOLONG, why)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    unheard = path.with_suffix(".new")
    unheard.unlink(missing_ok=True)
    before = os.umask(0o077)
    try:
        listener.bind(str(unheard))
    finally:
        os.umask(before)
    listener.listen(16)
    # Whoever finds the name is heard.
    unheard.rename(path)
    return listener


def ask(directory: Path, request: Request, timeout: float) -> int:
    """Let the nursery there start this; a pidfd of the process. OSError when that failed.

    So also for a nursery that is not there, or of another user. `request.stdout` stays open.
    """
    with _connected(directory, timeout) as connection:
        said = {"argv": request.argv, "env": request.env, "cwd": request.cwd}
        data = json.dumps(said).encode()
        sent = socket.send_fds(connection, [data], [request.stdout])
        connection.sendall(data[sent:])
        connection.shutdown(socket.SHUT_WR)
        text, fds = _received(connection)
    return _pidfd(text, fds)


def nursery_pid(directory: Path, timeout: float) -> int:
    """The process that listens there; OSError as of `ask`."""
    with _connected(directory, timeout) as connection:
        return pid_of_peer(connection)


def receive(connection: socket.socket) -> Request | None:
    """The request that comes, None from one who only looked; ValueError for nonsense."""
    text, fds = _received(connection)
    if not text and not fds:
        return None
    try:
        said = json.loads(text)
        (stdout,) = fds
        return Request(said["argv"], said["env"], said["cwd"], stdout)
    except (KeyError, TypeError, ValueError) as error:
        _close(fds)
        raise ValueError(f"no request: {text[:100]!r}") from error


def answer(connection: socket.socket, why: str, pidfd: int | None = None) -> None:
    """Give the pidfd of what was started, or say why nothing was."""
    socket.send_fds(
        connection, [json.dumps({"why": why}).encode()], [] if pidfd is None else [pidfd]
    )


def pid_of(pidfd: int) -> int:
    """The process that a pidfd stands for; 0 when it is gone."""
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Pid":
            return max(0, int(value))
    return 0


def _connected(directory: Path, timeout: float) -> socket.socket:
    path = str(directory / SOCKET)
    try:
        return connect_to_own(path, timeout, "the nursery")
    except OSError as error:
        why = f"no nursery answers at {path}: {error.strerror or error}"
        raise OSError(error.errno or errno.EIO, why) from error


def _pidfd(text: bytes, fds: list[int]) -> int:
    if len(fds) == 1:
        return fds[0]
    _close(fds)
    try:
        why = json.loads(text)["why"]
    except (KeyError, TypeError, ValueError):
        why = "it gave no answer"
    raise OSError(errno.EIO, f"the nursery started nothing: {why}")


def _received(connection: socket.socket) -> tuple[bytes, list[int]]:
    """All that comes until the other side has said all, and the descriptors with it."""
    parts, fds, size = [], [], 0
    while size < MOST_BYTES:
        data, got, _, _ = socket.recv_fds(connection, _CHUNK, 4)
        fds += got
        if not data:
            break
        parts.append(data)
        size += len(data)
    return b"".join(parts), fds


def _close(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)
