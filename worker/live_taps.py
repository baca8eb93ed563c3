"""The runs of an executor that somebody follows, and the thread that tells what they print."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection

from worker.live_orders import FOLLOW_SECONDS, Printed
from worker.live_tap import Part, Tap
from worker.stream import Stream

NEVER = float("inf")

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.25
"""So often what was printed is told, and a run that is followed already is looked for."""


class Taps:
    """Follows what it was told of last, until it is not told again for `FOLLOW_SECONDS`.

    `stream` finds what takes a run's output, once it has started; `tell` hears the parts of each
    run in order and must not block. While nobody follows anything the thread sleeps.
    """

    def __init__(
        self,
        stream: Callable[[str], Stream | None],
        tell: Callable[[Printed], None],
        died: Callable[[], None],
    ) -> None:
        self._stream, self._tell, self._died = stream, tell, died
        self._changed = threading.Condition()
        self._wanted: frozenset[str] = frozenset()
        self._until = 0.0
        self._taps: dict[str, tuple[Stream, Tap]] = {}
        self._news = self._stopped = False
        self._next = 0.0
        self._thread = threading.Thread(target=self._work, name="live output", daemon=True)

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, without waiting for it; safe twice, and where it never started."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def follow(self, run_ids: Collection[str]) -> None:
        """Follow these runs from now on, and no others; from any thread, returns at once."""
        with self._changed:
            self._wanted = frozenset(run_ids)
            self._until = time.monotonic() + FOLLOW_SECONDS
            gone = [self._taps.pop(run_id) for run_id in self._taps.keys() - self._wanted]
            self._news = True
            self._changed.notify()
        # Not with our lock: a run's thread has its stream's when it tells us that it printed.
        for stream, tap in gone:
            stream.let_go(tap)

    def finish(self, run_id: str) -> None:
        """The run has printed all that it will: tell what is left, before this returns."""
        if not self._wanted:
            return
        with self._changed:
            self._wanted -= {run_id}
            _, tap = self._taps.pop(run_id, (None, None))
        if tap is not None:
            self._pull(run_id, tap, last=True)

    def _printed(self) -> None:
        with self._changed:
            self._news = True
            self._changed.notify()

    def _work(self) -> None:
        try:
            while self._await():
                if time.monotonic() >= self._until:
                    self.follow(())
                self._open()
                with self._changed:
                    taps = [(run_id, tap) for run_id, (_, tap) in self._taps.items()]
                for run_id, tap in taps:
                    self._pull(run_id, tap)
        except Exception:
            log.exception("the thread that tells what runs print died")
            self._died()

    def _await(self) -> bool:
        """Wait until something is to be told and the time for it has come; False at the end."""
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                at = self._due()
                if now >= at:
                    self._news, self._next = False, now + FLUSH_SECONDS
                    return True
                self._changed.wait(None if at == NEVER else at - now)
            return False

    def _due(self) -> float:
        """When something is to be done next (monotonic)."""
        if not self._wanted:
            return NEVER
        return min(self._until, self._next) if self._news or self._is_owing() else self._until

    def _is_owing(self) -> bool:
        """Whether a run is still to be found, or has more to be told than it might."""
        waits = len(self._taps) < len(self._wanted)
        return waits or any(not tap.is_empty for _, tap in self._taps.values())

    def _open(self) -> None:
        """Find the runs that are followed and have started meanwhile."""
        with self._changed:
            missing = self._wanted.difference(self._taps)
        for run_id in missing:
            stream = self._stream(run_id)
            if stream is None:
                continue
            tap = stream.follow(self._printed)
            with self._changed:
                if run_id in self._wanted:
                    self._taps[run_id] = (stream, tap)
                    continue
            stream.let_go(tap)

    def _pull(self, run_id: str, tap: Tap, last: bool = False) -> None:
        def hear(part: Part) -> None:
            self._tell(Printed(run_id, part.start, part.end, part.output))

        tap.tell(hear, time.monotonic(), last)
