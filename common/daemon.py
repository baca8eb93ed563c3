"""A daemon: waits for its stores, starts its parts, and stops them in order.

Parts are given sink first. They are started in that order and stopped in the other, each asked
and then joined, so that what one still says while it ends is heard by the next. The main thread
owns the list and the signals; a signal handler only puts into a `SimpleQueue`, and the main thread
waits for what a signal writes into a socket, for it may come just before the wait.
"""

from __future__ import annotations

import logging
import queue
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from common.errors import FleetcronError
from common.loop import Died, Hesitant, Part, Patient
from common.shortage import shortage
from common.signals import none_ignored
from common.systemd import notify

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
HEED_SECONDS = 0.2
"""How soon a signal is heeded while a part becomes ready, or another while it stops."""
START = "start"
HANDLED = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Needed:
    """Something that must answer before the daemon is ready: what it is, and how to ask."""

    what: str
    ping: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Death:
    name: str
    error: BaseException

    @property
    def sentence(self) -> str:
        """What is logged of it."""
        why = "" if self.traced else f": {shortage(self.error) or self.error}"
        return f"{self.name} {'failed' if why else 'died'}{why}; the daemon ends"

    @property
    def traced(self) -> BaseException | None:
        """The error, unless its sentence says all: the start was refused, or lacked something."""
        known = isinstance(self.error, FleetcronError) or shortage(self.error)
        return None if known and self.name == START else self.error


Build = Callable[[Died], Sequence[Part]]


class Daemon:
    """Runs parts until a signal comes or one of them dies."""

    def __init__(
        self,
        needed: Sequence[Needed],
        build: Build,
        stop_seconds: float,
        title: str,
        unbuilt: Callable[[], None] = lambda: None,
    ) -> None:
        """`unbuilt` is all that there is to stop where the parts never came to be."""
        self._unbuilt = unbuilt
        self._needed = needed
        self._build = build
        self._stop_seconds = stop_seconds
        self._title = title
        self._news: queue.SimpleQueue[signal.Signals | _Death] = queue.SimpleQueue()
        self._started: list[Part] = []
        self._bell, self._button = socket.socketpair()
        for end in (self._bell, self._button):
            end.setblocking(False)

    def died(self, name: str, error: BaseException) -> None:
        """Tell the daemon that a part ended unexpectedly; from any thread."""
        self._news.put(_Death(name, error))
        try:
            self._button.send(b"\0")
        except OSError:
            pass  # It is full of such, or all is over.

    def run(self) -> int:
        """The exit code: 0 after a signal, 1 after a part's death. Call it on the main thread."""
        before = {number: signal.signal(number, self._heard) for number in HANDLED}
        other = signal.set_wakeup_fd(self._button.fileno(), warn_on_full_buffer=False)
        try:
            with none_ignored():
                return self._run()
        finally:
            signal.set_wakeup_fd(other)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._bell.close()
            self._button.close()

    def _run(self) -> int:
        early = self._await_needed()
        ended = early or self._serve()
        notify("STOPPING=1")
        if isinstance(ended, _Death):
            log.error("%s", ended.sentence, exc_info=ended.traced)
        else:
            log.info("%s: %s; stopping", self._title, ended.name)
        if early:
            self._unbuilt()
        whole = self._stop()
        return 1 if isinstance(ended, _Death) or not whole else 0

    def _serve(self) -> signal.Signals | _Death:
        try:
            for part in self._build(self.died):
                self._started.append(part)
                part.start()
        except Exception as error:  # noqa: BLE001  (what was started must be stopped)
            return _Death(START, error)
        if self._await_ready():
            notify("READY=1")
            log.info("%s is ready", self._title)
        while (ended := self._await_news(None)) is None:
            pass
        return ended

    def _await_ready(self) -> bool:
        """Wait for parts that are not ready at once; False when there are news before."""
        for part in self._started:
            while isinstance(part, Hesitant) and not part.await_ready(HEED_SECONDS):
                if not self._news.empty():
                    return False
        return True

    def _await_needed(self) -> signal.Signals | _Death | None:
        for needed in self._needed:
            said = ""
            while True:
                try:
                    needed.ping()
                    break
                except FleetcronError as error:
                    if str(error) != said:
                        log.warning("%s: %s; trying again until it answers", needed.what, error)
                    said = str(error)
                if news := self._await_news(RETRY_SECONDS):
                    return news
        return None

    def _await_news(self, timeout: float | None) -> signal.Signals | _Death | None:
        """The first news; None where there is none in so many seconds."""
        deadline = time.monotonic() + (timeout or 0.0)
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        while self._news.empty():
            left = None if timeout is None else 1000 * (deadline - time.monotonic())
            if left is not None and left <= 0:
                return None
            if poll.poll(left):
                self._bell.recv(4096)
        return self._news.get()

    def _stop(self) -> bool:
        whole = True
        deadline = time.monotonic() + self._stop_seconds
        for part in reversed(self._started):
            part.ask()
            if not self._join(part, deadline):
                log.error("%s did not stop in time", part.name)
                whole = False
        log.info("%s has stopped", self._title)
        return whole

    def _join(self, part: Part, deadline: float) -> bool:
        """Wait for a part's end; another signal meanwhile takes the patience out of it."""
        while (left := deadline - time.monotonic()) > 0:
            if part.join(min(left, HEED_SECONDS)):
                return True
            if isinstance(part, Patient) and self._again():
                log.info("asked again: %s takes no more time", part.name)
                part.hurry()
        return part.join(0)

    def _again(self) -> bool:
        """Whether a signal has come since we last looked."""
        heard = False
        while not self._news.empty():
            heard |= isinstance(self._news.get(), signal.Signals)
        return heard

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self._news.put(signal.Signals(number))
