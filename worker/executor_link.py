"""The main process's end of one executor: hears how its runs end, or of its death, and ends it."""

import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from common.counts import count_of
from worker.ends_full import Full
from worker.ends_told import EndsTold
from worker.executor_channel import frame
from worker.executor_config import ExecutorConfig
from worker.executor_line import END_MARGIN_SECONDS, Line
from worker.executor_loss import forget_executor, left_by
from worker.executor_parting import join_all
from worker.executor_table import Table
from worker.live_orders import Follow, Printed
from worker.orders import (
    Ack,
    Ended,
    Ends,
    ExecutorLost,
    Extend,
    KillRun,
    Message,
    Retire,
    Started,
)
from worker.spooled import Range

log = logging.getLogger(__name__)

News = Started | Ended | EndsTold | Printed | Full | ExecutorLost


class ExecutorLink:
    """One executor process with `threads` threads, and everything that it has.

    Of every run `tell` hears exactly one Ended, one in an EndsTold, or the ExecutorLost that names
    it; it is called from the link's own thread and must not block for long.
    """

    _adopted = False

    def __init__(
        self,
        number: int,
        directory: Path,
        threads: int,
        tell: Callable[[News], None],
        config: ExecutorConfig | None = None,
    ) -> None:
        self.number = number
        self.threads = threads
        self._directory = directory
        self._tell = tell
        self._config = config or ExecutorConfig()
        self._lock = threading.Lock()
        self._table = Table()
        self._asked = self._keeping = self._retired = self._gone = self._parted = False
        self._line: Line | None = None

    @property
    def pid(self) -> int:
        """The executor's process id, 0 before the start."""
        return self._line.process.pid if self._line else 0

    @property
    def count(self) -> int:
        """How many runs it has."""
        return len(self._table)

    @property
    def is_mute(self) -> bool:
        """Whether it does not answer: a run that it was to end has not ended; from any thread."""
        with self._lock:
            return not self._gone and self._table.is_overdue

    @property
    def is_over(self) -> bool:
        """Whether the executor is gone, and nothing that it left is still to be recorded."""
        return self._gone and not self._table

    def kill(self, run_id: str, reason: str, at_once: bool = False) -> None:
        """End a run, or keep it from starting; nothing happens if it is over.

        One that was killed already goes on with its grace, unless it is now to end `at_once`.
        """
        with self._lock:
            if self._table.kill(run_id, at_once):
                self._put(KillRun(run_id, reason, at_once))

    def call_off(self, run_id: str, reason: str) -> None:
        """Keep a run from starting; one whose command was started goes on."""
        with self._lock:
            if run_id in self._table.held:
                self._put(KillRun(run_id, reason, unstarted=True))

    def inform(self, news: Extend | Follow) -> None:
        """Let it know that a lease was renewed, or what is followed, if it would understand."""
        with self._lock:
            if self._line is not None and not self._gone and self._line.understands(news):
                self._line.offer(frame(news))

    def ack(self, run_ids: Iterable[str]) -> None:
        """These ends are recorded, as far as they are its own; from any thread, always."""
        with self._lock:
            if known := self._table.acknowledge(run_ids):
                self._put(Ack(known))
                self._forget_if_over()

    def lying_in(self, where: Range) -> tuple[str, ...]:
        """The runs whose ends it has told, and keeps there; from any thread."""
        with self._lock:
            return self._table.lying_in(self._directory.name, self.number, where)

    def retire(self, keep: bool) -> None:
        """Let it take no more orders and end its runs, with `keep` but those that may go on.

        These are let alone: `join` then does not wait for them, nor is their end told here.
        """
        with self._lock:
            self._retired, self._keeping = True, keep
            self._put(Retire(keep))
            self._finish_if_idle()

    def ask(self) -> None:
        """Let the process end once it is idle; safe twice and when never started."""
        with self._lock:
            self._asked = True
            self._finish_if_idle()

    def join(self, timeout: float) -> bool:
        """Wait for the process's end; after `timeout` s its runs get TERM, their grace, and KILL.

        True when it ended by itself in time, or never started; gone afterwards in any case, but for
        one that was retired and keeps runs: that one is let go of.
        """
        return join_all((self,), timeout)

    @property
    def patience(self) -> float:
        """How long it may take to let go of us, or to end its runs, seconds."""
        with self._lock:
            return END_MARGIN_SECONDS if self._keeping else self._table.patience()

    def wait(self, timeout: float) -> bool:
        """Wait for the process's end; True once it is gone or let go of, or was never started."""
        return self._line is None or self._line.join(timeout) or self._parted

    def part(self) -> bool:
        """Let go of the process if it was told to keep its runs; whether so."""
        if self._line is None or not self._keeping:
            return False
        if not self._table.may_be_left(True):
            log.error("executor %d is left alone with %s", self.number, count_of(self.count, "run"))
        self._parted = True
        self._line.finish()
        return True

    def signal(self, number: int) -> None:
        """Send the process a signal."""
        if self._line is not None:
            self._line.process.signal(number)

    def _put(self, message: Message) -> None:
        if self._line is not None and not self._gone:
            self._line.put(frame(message))

    def _is_left(self) -> bool:
        """Whether there is nothing more to hear: what it has goes on without us."""
        return self._asked and self._table.may_be_left(self._keeping)

    def _finish_if_idle(self) -> None:
        if self._line is not None and self._is_left():
            self._line.finish()

    def _hear(self, message: Message) -> None:
        match message:
            case Printed() | Full():
                self._tell(message)
            case Started() | Ended() | Ends():
                with self._lock:
                    self._table.heard(message)
                    self._finish_if_idle()
                self._tell(self._told(message) if isinstance(message, Ends) else message)
            case _:
                raise ValueError(f"it said {str(message)[:200]}")

    def _told(self, ends: Ends) -> EndsTold:
        return EndsTold.of(self._directory.name, self.number, ends, self._adopted)

    def _bury(self) -> None:
        """The line is over: what ended is told, and nothing of the rest is left when that is."""
        assert self._line is not None
        with self._lock:
            patience, self._gone = self._table.patience(), True
            if self.count and self._is_left():
                log.info("executor %d goes on with %s", self.number, count_of(self.count, "run"))
                return
        self._line.process.end(patience)
        ends, lost = left_by(self._directory, self.number, self._table)
        for each in ends:
            self._hear(each)
        with self._lock:
            self._table.lost(lost)
            self._forget_if_over()
        if lost or not (self._asked or self._retired):
            log.error("executor %d is lost, with %s", self.number, count_of(len(lost), "run"))
            self._tell(ExecutorLost(self.number, tuple(lost)))

    def _forget_if_over(self) -> None:
        """The executor is gone, and nothing that it left is still of use."""
        if self._gone and not self._table:
            forget_executor(self._directory, self.number, and_home=self._adopted)
