"""The main process's line to an executor: the process is started, connected to, and greeted."""

import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from worker.executor_channel import RECEIVE_BYTES, Frames
from worker.executor_config import ExecutorConfig
from worker.executor_process import ExecutorError, ExecutorProcess
from worker.executor_socket import connect
from worker.orders import PROTOCOL_VERSION, Hello

END_MARGIN_SECONDS = 6.0
"""What an executor may take to end, beside the grace of its runs."""


@dataclass(frozen=True, slots=True)
class Line:
    """An executor that is ready for orders; `frames` may hold what came behind its greeting."""

    process: ExecutorProcess
    connection: socket.socket
    frames: Frames


def open_line(
    number: int, directory: Path, threads: int, timeout: float, config: ExecutorConfig
) -> Line:
    """Start executor `number`; ExecutorError, with nothing left behind, if that fails in time.

    `directory` is made, 0700, if missing.
    """
    deadline = time.monotonic() + timeout
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ExecutorError(f"executor {number} has no directory: {error}") from error
    process = ExecutorProcess(number, directory, threads, config)
    try:
        if not process.await_ready(timeout):
            raise ExecutorError(f"it ended or was not ready in {timeout:g} s")
        connection = connect(directory, number, max(0.001, deadline - time.monotonic()))
        return Line(process, connection, _greeted(connection))
    except (OSError, ValueError, ExecutorError) as error:
        process.signal(signal.SIGTERM)
        process.end(END_MARGIN_SECONDS)
        raise ExecutorError(f"executor {number} cannot be used: {error}") from error


def _greeted(connection: socket.socket) -> Frames:
    """Read the hello while the deadline of the connect still holds; closes what says another."""
    frames = Frames()
    try:
        greeting = next(iter(frames.feed(connection.recv(RECEIVE_BYTES))), None)
        if not isinstance(greeting, Hello) or greeting.version != PROTOCOL_VERSION:
            raise ExecutorError(f"it speaks another version: {greeting}")
        connection.settimeout(None)
    except BaseException:
        connection.close()
        raise
    return frames
