"""Shipping: records go to the log store in batches, by size or time, and are told once stored."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Sequence

from common.clock import Clock
from common.errors import LogStoreError, LogStoreLost, LogStoreRefused
from common.log_store import LogBatch, LogStore
from common.log_trouble import LogTrouble
from worker.filing import without_output
from worker.ship_backlog import MOST_PIECES, Backlog, Piece, shipped
from worker.ship_batch import Writing
from worker.ship_refusals import Refusals
from worker.ship_spool import ShipSpool
from worker.ship_wire import Down, Keep, Open, Ship, State, Stop, Unreadable, Up
from worker.spooled import Range

log = logging.getLogger(__name__)

FIRST_PAUSE, LAST_PAUSE = 0.2, 5.0
FEWEST_PIECES = 10
"""So few at least are written, where a batch was too much for the time of a request."""
BEAT_SECONDS = 20.0
"""So often at least something is said while anything waits."""


class Shipping:
    """The body of the shipper; anybody may put into `inbox`. Nothing that it is told is dropped.

    While the log store is away all waits, and is tried again after pauses that grow. `say` hears
    what is stored, what is refused for good, and how the log store is.
    """

    name = "shipping"

    def __init__(
        self,
        logs: LogStore,
        clock: Clock,
        opening: Open,
        say: Callable[[Up], None],
        inbox: queue.SimpleQueue[Down] | None = None,
        trouble: LogTrouble | None = None,
    ) -> None:
        """`trouble` is told how the log store is, which others may tell, too."""
        self.inbox = queue.SimpleQueue() if inbox is None else inbox
        self._logs = logs
        self._clock = clock
        self._opening = opening
        self._say = say
        self._trouble = trouble or LogTrouble(clock, "records wait")
        self._why = ""
        self._told = State("")
        self._writing = Writing(logs, self._stored, self._refused)
        self._waiting = Backlog()
        self._spool = ShipSpool(opening.executors, opening.worker, clock, self._unreadable)
        self._refusals = Refusals(opening.refused, clock, say, self._spool.read)
        self._since = 0.0
        self._retry_at = 0.0
        self._pause, self._most = FIRST_PAUSE, MOST_PIECES
        self._stopping = self._gave_up = False

    @property
    def is_over(self) -> bool:
        """Whether it was stopped and does nothing more."""
        return self._stopping and (self._gave_up or not len(self._waiting))

    def step(self) -> None:
        """Take what comes until a batch is due, and write it."""
        self._take()
        now = self._clock.boot()
        if self._due_in(now) == 0.0 and (pieces := self._waiting.first(self._most)):
            self._try(pieces)

    def wake(self) -> None:
        """Stop: what is there is written without waiting for more, or tried once."""
        self.inbox.put(Stop())

    def close(self) -> None:
        """Write what is left, as far as the log store takes it at once."""
        while not self.is_over:
            self.step()
        if len(self._waiting):
            log.error("%d records wait for the next life of the worker", len(self._waiting))

    def _due_in(self, now: float) -> float | None:
        """In how many seconds something is to be written, or tried again; None: not at all."""
        if self._stopping:
            return 0.0
        if not len(self._waiting):
            again = (self._spool.again_at, self._refusals.again_at)
            return min((max(0.0, at - now) for at in again if at is not None), default=None)
        if self._why:
            return max(0.0, self._retry_at - now)
        if len(self._waiting) >= self._opening.size or self._waiting.is_much:
            return 0.0
        return max(0.0, self._since + self._opening.seconds - now)

    def _take(self) -> None:
        """Wait until something is due, and take what comes meanwhile."""
        while True:
            self._fill()
            due = self._due_in(self._clock.boot())
            try:
                wait = due if due is None else min(due, BEAT_SECONDS)
                message = self.inbox.get(block=due != 0.0, timeout=wait)
            except queue.Empty:
                if not due or due <= BEAT_SECONDS:
                    return
                self._say(self._told)
                continue
            self._hear(message)

    def _hear(self, message: Down) -> None:
        if isinstance(message, Stop):
            self._stopping = True
        elif isinstance(message, Ship):
            self._spool.add(message.range)
        elif isinstance(message, Keep):
            self._add(Piece(message.records, kept=message.number))

    def _fill(self) -> None:
        """Read as much of the spool as is written at once."""
        self._refusals.again()
        if len(self._refusals) != self._told.stuck:
            self._tell_state()
        while not self._waiting.is_much and (piece := self._spool.next()):
            self._add(piece)

    def _add(self, piece: Piece) -> None:
        if not len(self._waiting):
            self._since = self._clock.boot()
        self._waiting.add(piece)

    def _try(self, pieces: Sequence[Piece]) -> None:
        """Write a batch; whether the store is well is known from then on."""
        try:
            self._writing.write(pieces)
        except LogStoreError as error:
            self._trouble.met(error)
            self._why = str(error)
            if isinstance(error, LogStoreLost):
                # Perhaps it was too much for the time: less of it may come through.
                self._most = max(FEWEST_PIECES, len(pieces) // 4)
            self._retry_at = self._clock.boot() + self._pause
            self._pause = min(2 * self._pause, LAST_PAUSE)
            self._gave_up = self._stopping
        else:
            self._trouble.over()
            self._why = ""
            self._pause, self._since = FIRST_PAUSE, self._clock.boot()
            self._most = min(2 * self._most, MOST_PIECES)
        self._fill()
        self._tell_state()

    def _stored(self, pieces: Sequence[Piece]) -> None:
        self._waiting.drop(pieces)
        self._say(shipped(pieces))

    def _refused(self, piece: Piece, error: LogStoreRefused) -> None:
        """Without its output it may be taken; else it is put aside, for somebody to look at."""
        less = tuple(map(without_output, piece.records))
        if less != piece.records:
            try:
                self._logs.write(LogBatch(less))
            except LogStoreRefused:
                pass
            else:
                log.error("run=%s: stored without its output: %s", piece.run_id, error)
                self._stored([piece])
                return
        self._waiting.drop([piece])
        self._refusals.add(piece, str(error))

    def _unreadable(self, range_: Range, why: str) -> None:
        self._say(Unreadable(range_, why))

    def _tell_state(self) -> None:
        state = State(self._why, len(self._refusals))
        if state != self._told or self._why:
            self._told = state
            self._say(state)
