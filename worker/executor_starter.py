"""The thread that starts another executor for each that was lost, after pauses that grow."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from common.loop import Died
from worker.executor_process import ExecutorError
from worker.executor_started import StartedLink

log = logging.getLogger(__name__)

NAME = "executor starter"
START_SECONDS = 15.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 10.0
MOST_SAID = 200
CALM_SECONDS = 60.0
"""So long without a loss, and the next pause is a short one again."""


class Starter:
    """Owns links from when it makes them until it gives them away, started, by `take`.

    What a start may lack for a while it is tried again for; `died` hears of any other error.
    """

    def __init__(
        self,
        make: Callable[[], StartedLink],
        take: Callable[[StartedLink], None],
        died: Died,
    ) -> None:
        self._make = make
        self._take = take
        self._died = died
        self._changed = threading.Condition()
        self._missing = 0
        self._why = ""
        self._stopping = False
        self._pause = FIRST_PAUSE_SECONDS
        self._last_loss = 0.0
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    @property
    def trouble(self) -> str:
        """How many are missing, and why the last start failed; "" for none. From any thread."""
        why = f": {self._why}" if self._why else ""
        return f"{self._missing} missing{why}" if self._missing else ""

    def missed(self) -> None:
        """An executor was lost; from any thread, returns at once."""
        with self._changed:
            self._missing += 1
            self._changed.notify()

    def ask(self) -> None:
        """Start no more; safe twice and when never started."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def join(self, timeout: float) -> bool:
        """Wait for the thread's end, and so of a start under way; True once it is over."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001  (told to the daemon, which ends)
            self._died(NAME, error)

    def _work(self) -> None:
        while self._await_loss():
            link = self._make()
            try:
                link.start(START_SECONDS)
            except (ExecutorError, OSError) as error:
                log.error("an executor is still missing: %s", error)
                self._why = str(error)[:MOST_SAID]
                continue
            log.warning("executor %d takes the place of one that was lost", link.number)
            self._missing_less()
            self._take(link)

    def _await_loss(self) -> bool:
        """Wait until one is missing and the pause is over; False when there is to be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._missing or self._stopping)
            if time.monotonic() - self._last_loss > CALM_SECONDS:
                self._pause = FIRST_PAUSE_SECONDS
            if not self._stopping:
                log.info("another executor is started in %g s", self._pause)
            self._changed.wait_for(lambda: self._stopping, self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
            self._last_loss = time.monotonic()
            return not self._stopping

    def _missing_less(self) -> None:
        with self._changed:
            self._missing -= 1
            self._why = ""
