"""What flows between a worker's main process and an executor: frames, and who sends them."""

import queue
import socket
import struct
import threading
from collections.abc import Iterable, Iterator

from worker.orders import Message
from worker.orders_wire import decode, encode

RECEIVE_BYTES = 1 << 18
BACKLOG = 1000
"""So many frames that wait, and the peer does not read: it is offered nothing more."""

FEW = 32
"""So many, where they are large and none of them is missed."""

_LENGTH = struct.Struct(">I")


def frame(message: Message) -> bytes:
    """The message as it lies in the stream: its length in 4 bytes, then its bytes."""
    return packed(encode(message))


def packed(data: bytes) -> bytes:
    """The bytes of a message as they lie in the stream."""
    return _LENGTH.pack(len(data)) + data


class Frames:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take the next bytes and give the messages that are whole; ValueError for nonsense."""
        self._buffer += data
        return map(decode, cut(self._buffer))


def cut(buffer: bytearray) -> Iterator[bytes]:
    """Take the messages that are whole out of a buffer."""
    while len(buffer) >= _LENGTH.size:
        end = _LENGTH.size + _LENGTH.unpack_from(buffer)[0]
        if len(buffer) < end:
            return
        message = bytes(buffer[_LENGTH.size : end])
        del buffer[:end]
        yield message


class Sender:
    """Sends frames so that whoever has news never waits for the peer.

    What the socket takes at once is sent at once; the rest is queued, in order, for a thread of its
    own. The queue is bounded by what is outstanding: an executor has at most one run a thread, and
    a run has one order, one kill, one start, one end and its acknowledgement. What else there is to
    say is offered.
    """

    def __init__(self, connection: socket.socket, name: str, closes: bool = False) -> None:
        """With `closes` the thread closes the connection, not before `finish`: it may be read."""
        self._connection = connection
        self._closes = closes
        self._finished = False
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._queued = 1  # the greeting
        self._greeting: Iterable[bytes] = ()
        self._thread = threading.Thread(target=self._send_all, name=name, daemon=True)

    def start(self, greeting: Iterable[bytes] = ()) -> None:
        """Start the thread, which sends the greeting before all that was put; returns at once.

        The greeting is made while it is sent, and may be long.
        """
        self._greeting = greeting
        self._thread.start()

    def put(self, data: bytes) -> None:
        """Send these bytes after all before them; what a dead peer never gets is dropped."""
        with self._lock:
            if self._finished:
                return
            if not self._queued:
                data = data[self._send_now(data) :]
            if data:
                self._queued += 1
                self._queue.put(data)

    def offer(self, data: bytes, backlog: int = BACKLOG) -> None:
        """As `put`, but dropped where so much waits already; for what may be missed."""
        if self._queued < backlog:
            self.put(data)

    def finish(self) -> None:
        """Send what is queued, then close our half of the connection; safe twice, and unstarted."""
        with self._lock:
            self._finished = True
        self._queue.put(None)

    def hang_up(self) -> None:
        """Send nothing more at all; both ends then see the connection's end."""
        with self._lock:
            self._finished = True
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # It was over before.

    def join(self, timeout: float) -> None:
        """Wait until everything before `finish` is sent or the peer is gone."""
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _send_now(self, data: bytes) -> int:
        """How many of the bytes the socket took without waiting."""
        try:
            return self._connection.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)

    def _send_all(self) -> None:
        try:
            for data in self._greeting:
                self._connection.sendall(data)
            self._sent()
            while (queued := self._queue.get()) is not None:
                self._connection.sendall(queued)
                self._sent()
            self._connection.shutdown(socket.SHUT_WR)
        except OSError:
            self.hang_up()  # The reader of the same connection sees the end, and says so.
            while self._closes and self._queue.get() is not None:
                pass
        if self._closes:
            self._connection.close()

    def _sent(self) -> None:
        with self._lock:
            self._queued -= 1
