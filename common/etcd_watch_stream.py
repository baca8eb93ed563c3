"""One open stream of watches: requests go in, answers come out, and silence is noticed."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterable
from typing import Any

from common.errors import StoreClosed, StoreError, StoreLost
from common.etcd_calls import EtcdCalls
from common.etcd_errors import translate
from common.etcd_grpc import grpc
from common.etcd_mailbox import Mailbox
from common.etcd_protocol import WATCH, WatchProgressRequest, WatchRequest
from common.etcd_token import Metadata

PULSE_SECONDS = 5.0
"""How often etcd is asked how far it is, so that a stream that lives has something to answer."""

SILENCE_SECONDS = 7.0
"""How long an answer may take. With the pulse before it: a dead stream is noticed after 12 s."""

_INBOX = 64


class StreamSilent(StoreLost):
    """The stream is open, but nothing comes out of it."""


class WatchStream:
    """A stream owned by one thread, which asks and takes answers; `close` may come from any.

    Opening waits for no answer; StoreLost where there is no thread for it. A full inbox holds the
    stream up, and nothing is dropped.
    """

    def __init__(self, calls: EtcdCalls) -> None:
        self.metadata: Metadata = calls.metadata()
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._inbox: Mailbox[Any] = Mailbox(_INBOX, "the watch's stream")
        self._asked = self._unanswered = 0.0
        _make_sure_of_threads()
        self._call: Any = calls.open(WATCH, iter(self._requests.get, None), self.metadata)
        threading.Thread(target=self._read, name="etcd-watch-reader", daemon=True).start()

    def ask(self, request: Any) -> None:
        """Send a request; an answer is waited for from now on."""
        self._asked = time.monotonic()
        self._unanswered = self._unanswered or self._asked
        self._requests.put(request)

    def answer(self) -> Any | None:
        """The next answer, or None when it is time to `pulse`; the error that ended the stream.

        Raises `StreamSilent` when etcd left a request without an answer for too long.
        """
        answer = self._inbox.get(max(0.0, self._next_look() - time.monotonic()))
        if isinstance(answer, StoreError):
            raise answer
        if answer is not None:
            self._unanswered = 0.0
        elif self._unanswered and time.monotonic() >= self._unanswered + SILENCE_SECONDS:
            raise StreamSilent(f"etcd left the watch without an answer for {SILENCE_SECONDS:.0f} s")
        return answer

    def pulse(self) -> None:
        """Ask etcd how far it is, when it is time to."""
        if time.monotonic() >= self._asked + PULSE_SECONDS:
            self.ask(WatchRequest(progress_request=WatchProgressRequest()))

    def close(self) -> None:
        """End the stream and its threads; `answer` then raises `StoreClosed`; safe twice."""
        self._inbox.close()
        self._requests.put(None)
        self._call.cancel()

    def _next_look(self) -> float:
        """When something is due: to ask again, or to give up waiting."""
        pulse = self._asked + PULSE_SECONDS
        return min(pulse, self._unanswered + SILENCE_SECONDS) if self._unanswered else pulse

    def _read(self) -> None:
        """The reader's thread: put all answers into the inbox, and at last what ended them."""
        with contextlib.suppress(StoreClosed):
            self._inbox.put(self._read_to_end(self._call))

    def _read_to_end(self, answers: Iterable[Any]) -> StoreError:
        try:
            for answer in answers:
                self._inbox.put(answer)
        except grpc.RpcError as error:
            return translate(error, "watch")
        return StoreLost("etcd ended the watch's stream")


def _make_sure_of_threads() -> None:
    """StoreLost where the system has none for a stream: two are grpc's, and one is the reader.

    To ask grpc costs a channel for good where there is none (`EtcdChannel.threadless`). That is for
    the case that somebody takes them between this and the call.
    """
    enough = threading.Event()
    probes = [threading.Thread(target=enough.wait, name="probe", daemon=True) for _ in range(3)]
    try:
        for probe in probes:
            probe.start()
    except RuntimeError:
        raise StoreLost("etcd cannot be followed: no further thread may be made") from None
    finally:
        enough.set()
