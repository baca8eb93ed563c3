"""The main process's line to an executor: it is started or found, connected to, and greeted."""

from __future__ import annotations

import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.executor_channel import RECEIVE_BYTES, Frames, Sender
from worker.executor_config import ExecutorConfig
from worker.executor_peer import ExecutorPeer, Process
from worker.executor_process import ExecutorError, ExecutorProcess, OtherVersion
from worker.executor_socket import connect
from worker.hello import Hello
from worker.live_orders import FOLLOWS, Follow
from worker.orders import PROTOCOL_VERSION, SPEAKS, Message

log = logging.getLogger(__name__)

END_MARGIN_SECONDS = 6.0
"""What an executor may take to end, beside the grace of its runs."""


class Line:
    """A connection on which an executor has said its `hello`; two threads send and follow it.

    ExecutorError, from here and from `follow`, where the system has no thread left.
    """

    def __init__(self, process: Process, connection: socket.socket, greeted: Greeted) -> None:
        self.process = process
        self.hello = greeted.hello
        self._connection = connection
        self._frames = greeted.frames
        self._sender = Sender(connection, f"executor-{self.hello.number}-sender")
        with _needing_a_thread():
            self._sender.start()
        self.put, self.offer = self._sender.put, self._sender.offer
        self._reader: threading.Thread | None = None

    def follow(self, hear: Callable[[Message], None], over: Callable[[], None]) -> None:
        """Begin to `hear` what comes, on a thread of its own, and in the end that it is `over`.

        What `hear` does not understand (ValueError) ends the line as its own end does.
        """
        name = f"executor-{self.hello.number}"
        reader = threading.Thread(target=self._read, args=(hear, over), name=name, daemon=True)
        with _needing_a_thread():
            reader.start()
        self._reader = reader

    def understands(self, news: Message) -> bool:
        """Whether the executor is new enough for this; most was said by the first ones already."""
        return not isinstance(news, Follow) or self.hello.version >= FOLLOWS

    def finish(self) -> None:
        """Say that nothing more is said; the executor then closes its end, too. Safe twice."""
        self._sender.finish()

    def abandon(self) -> None:
        """End an executor that has nothing yet, and that nobody follows; wait for that."""
        self._sender.finish()
        self.process.signal(signal.SIGTERM)
        self.process.end(END_MARGIN_SECONDS)
        self._connection.close()

    def join(self, timeout: float) -> bool:
        """Wait until `over` has returned; whether it has."""
        if self._reader is not None:
            self._reader.join(timeout)
        return self._reader is None or not self._reader.is_alive()

    def _read(self, hear: Callable[[Message], None], over: Callable[[], None]) -> None:
        try:
            for message in self._frames.feed(b""):
                hear(message)
            while data := self._connection.recv(RECEIVE_BYTES):
                for message in self._frames.feed(data):
                    hear(message)
        except ConnectionResetError:
            pass  # It ended before it had read all that was sent, an acknowledgement say.
        except (OSError, ValueError) as error:
            log.error("executor %d: %s", self.hello.number, error)
        self._sender.finish()
        self._connection.close()
        over()


@contextmanager
def _needing_a_thread() -> Iterator[None]:
    """Say as our own error that the system has no thread left for what is started meanwhile."""
    try:
        yield
    except RuntimeError as error:
        raise ExecutorError(f"no thread is left to speak to it: {error}") from error


class Greeted:
    """What came first on a connection: a Hello that we understand, and the bytes behind it.

    Reads while the timeout of the connection holds, and then takes it off; OtherVersion for what
    speaks another language, ExecutorError where nothing is said.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.frames = Frames()
        greeting: Message | None = None
        while greeting is None:
            data = connection.recv(RECEIVE_BYTES)
            if not data:
                raise ExecutorError("it said nothing")
            try:
                greeting = next(iter(self.frames.feed(data)), None)
            except ValueError as error:
                raise OtherVersion(f"it speaks another language: {error}") from error
        if not isinstance(greeting, Hello) or not understood(greeting):
            raise OtherVersion(f"it speaks another version: {str(greeting)[:200]}")
        self.hello = greeting
        connection.settimeout(None)


def understood(hello: Hello) -> bool:
    """Whether we and the executor that says this can speak to each other."""
    return hello.speaks <= PROTOCOL_VERSION and hello.version >= SPEAKS


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
        left = max(0.001, deadline - time.monotonic())
        return _line(connect(directory, number, left), process)
    except (OSError, ValueError, ExecutorError) as error:
        process.signal(signal.SIGTERM)
        process.end(END_MARGIN_SECONDS)
        raise ExecutorError(f"executor {number} cannot be used: {error}") from error


def connect_line(number: int, directory: Path, timeout: float) -> Line:
    """Connect to executor `number` of a former life; ExecutorError when nobody is there.

    So also when it is held by another main process for `timeout` s; OtherVersion when it never can
    be spoken with.
    """
    why = f"executor {number} of {directory} is not taken over"
    try:
        return _line(connect(directory, number, timeout))
    except OtherVersion as error:
        raise OtherVersion(f"{why}: {error}") from error
    except (OSError, ExecutorError) as error:
        raise ExecutorError(f"{why}: {error}") from error


def _line(connection: socket.socket, process: Process | None = None) -> Line:
    """The line once it is greeted; closes the connection where it is not."""
    try:
        greeted = Greeted(connection)
        return Line(process or ExecutorPeer(connection), connection, greeted)
    except BaseException:
        connection.close()
        raise
