"""The thread of an executor that makes ends durable and then tells them."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from common.pausing import pause
from common.record import LOST
from worker.end_words import bare_end
from worker.ends_file import end_of
from worker.ends_part import Place
from worker.executor_channel import Sender, frame
from worker.executor_spool import Spool
from worker.executor_starts import Starts
from worker.hello import Hello
from worker.kept_end import KeptEnd
from worker.orders import Ack, Ended, Ends
from worker.spooled import ends_of

log = logging.getLogger(__name__)

AT_ONCE = 256
UNREAD = "how it ended was written down and cannot be read any more"
UNKNOWN = "?"
"""In the place of what the run was ordered with."""
MANY_RUNS, BUSY_SECONDS = 16, 0.005
LINGER_SECONDS, LONGEST_LINGER_SECONDS = 0.00025, 0.016
"""Where so many run and ends come as fast as that, one waits for others, to be written at once: so
long for each that runs, for with few of them the next order would wait for it.
"""


@dataclass(frozen=True, slots=True)
class _Greet:
    """A main process has connected; `hello` is told which ends are to be told again."""

    sender: Sender
    hello: Callable[[tuple[str, ...]], Hello]


class _Look:
    """Look what is due."""


_News = KeptEnd | Ack | _Greet | _Look | None


class EndKeeper:
    """Owns the executor's ends from when its threads `put` them until they are acknowledged.

    All that waits is written and told at once, and the `starts` are told that are due. `runs`
    says how many run; `over` hears from the thread which ends are durable and told, `changed` that
    something was done, and `died` of an error that nobody expects.
    """

    def __init__(
        self,
        spool: Spool,
        runs: Callable[[], int],
        starts: Starts,
        over: Callable[[list[str]], None],
        changed: Callable[[], None],
        died: Callable[[], None],
    ) -> None:
        self.spool = spool
        self._runs, self._starts, self._over = runs, starts, over
        self._changed, self._died = changed, died
        self._inbox: queue.SimpleQueue[_News] = queue.SimpleQueue()
        self._sender: Sender | None = None
        self._full = spool.full
        self._written = 0.0
        self._thread = threading.Thread(target=self._work, name="ends", daemon=True)

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    def put(self, context: str, ended: Ended) -> None:
        """A run is over. From any thread, returns at once."""
        self._inbox.put(KeptEnd.of(context, ended))

    def acknowledge(self, news: Ack) -> None:
        """Ends are recorded. From any thread, returns at once."""
        self._inbox.put(news)

    def greet(self, sender: Sender, hello: Callable[[tuple[str, ...]], Hello]) -> None:
        """Start the sender with a hello and the ends to be told again; then tell it all others.

        From any thread, returns at once. Each run that `over` has not heard of is still the
        pool's, and its end is told; of the others the hello is told.
        """
        self._inbox.put(_Greet(sender, hello))

    def wake(self) -> None:
        """There is a start to be told in a moment. From any thread, returns at once."""
        self._inbox.put(_Look())

    def finish(self, timeout: float) -> None:
        """Write and tell what was put, then end the thread; wait so long for that."""
        self._inbox.put(None)
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _work(self) -> None:
        try:
            while self._step():
                self._changed()
        except Exception:
            log.exception("the thread that keeps the executor's ends died")
            self._died()

    def _step(self) -> bool:
        """Take what has come; False when nothing more is to be done."""
        news = self._take()
        for each in news:
            if isinstance(each, Ack):
                self.spool.acknowledge(each.run_ids)
        ends = [each for each in news if isinstance(each, KeptEnd)]
        told, left = self.spool.add(ends)
        if ends:
            self._written = time.monotonic()
            self._tell(told, left)
            self._over([end.run_id for end in ends])
        self._say_if_full()
        self._starts.due()
        for each in news:
            if isinstance(each, _Greet):
                self._greet(each)
        return None not in news

    def _tell(self, told: Sequence[Ends], left: Sequence[KeptEnd]) -> None:
        """Tell of ends where they lie, or all of each where that is in memory alone."""
        if self._sender is not None:
            self._sender.put(b"".join((*map(frame, told), *(end.told for end in left))))

    def _say_if_full(self) -> None:
        """Tell of it where it has changed that no more is to be run."""
        if self._sender is not None and self._full != self.spool.full:
            self._full = self.spool.full
            self._sender.put(frame(self._full))

    def _take(self) -> list[_News]:
        """All that waits; nothing where it is time to try a full disk again, or to tell a start."""
        news: list[_News] = []
        try:
            waits = [
                each for each in (self.spool.retry_seconds, self._starts.wait) if each is not None
            ]
            news.append(self._inbox.get(timeout=min(waits, default=None)))
            runs = self._runs()
            if runs >= MANY_RUNS and time.monotonic() - self._written < BUSY_SECONDS:
                pause(min(runs * LINGER_SECONDS, LONGEST_LINGER_SECONDS))
            while len(news) < AT_ONCE:
                news.append(self._inbox.get_nowait())
        except queue.Empty:
            pass
        return news

    def _greet(self, news: _Greet) -> None:
        self._sender = news.sender
        again = self.spool.run_ids
        hello = news.hello(tuple(again))
        greeting = _greeting(hello, again, self.spool.unsaved, self.spool.places)
        try:
            news.sender.start(greeting)
        except RuntimeError as error:
            log.error("no thread is left to speak to a main process: %s", error)
            news.sender.hang_up()
        self.spool.prepare()  # A slow disk is not to hold up the greeting.


def _greeting(
    hello: Hello, again: frozenset[str], unsaved: Sequence[KeptEnd], places: Sequence[Place]
) -> Iterator[bytes]:
    """Read while it is sent: what is told again does not go while it is to be acknowledged."""
    yield frame(hello)
    for end in unsaved:
        yield frame(end_of(end.kept))
    left = again.difference(end.run_id for end in unsaved)
    told: set[str] = set()
    readable = True
    for place in places:
        try:
            for ends in ends_of(place.path, place.turn, place.end, left.__contains__):
                told.update(over.run_id for over in ends.over)
                yield frame(ends)
        except FileNotFoundError:
            log.error("%s was removed, and with it ends that nobody recorded", place.path)
        except OSError as error:
            # No fault of who has connected, and told by another life.
            log.error("%s cannot be read: %s", place.path, error)
            readable = False
        except ValueError as error:
            log.error("not all ends in %s can be read: %s", place.path, error)
    if readable:
        yield from map(frame, map(_unread, sorted(left - told)))


def _unread(run_id: str) -> Ended:
    """What is told of an end that lies in the spool and cannot be read."""
    now = time.time_ns() // 1_000_000
    return replace(bare_end(run_id, LOST, now, f"lost: {UNREAD}", UNREAD), context=UNKNOWN)
