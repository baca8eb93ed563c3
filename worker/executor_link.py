"""The main process's end of one executor: hands it orders, hears how they end, or of its death."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.executor_channel import RECEIVE_BYTES, Sender, frame
from worker.executor_config import ExecutorConfig
from worker.executor_line import END_MARGIN_SECONDS, open_line
from worker.executor_orphans import end_orphans
from worker.executor_process import ExecutorProcess
from worker.orders import (
    Ended,
    ExecutorLost,
    Extend,
    KillRun,
    Order,
    Started,
)

log = logging.getLogger(__name__)

News = Started | Ended | ExecutorLost


@dataclass(slots=True)
class _Held:
    """What we know of a run that is out."""

    order: Order
    killed: bool = False


class ExecutorLink:
    """One executor process with `threads` threads, and everything that was handed to it.

    For every order `tell` hears exactly one Ended, or the ExecutorLost that names it; it is called
    from the link's own thread and must not block for long. `directory` is made, 0700, if missing.
    """

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
        self._held: dict[str, _Held] = {}
        self._asked = False
        self._gone = False
        self._process: ExecutorProcess | None = None
        self._reader = threading.Thread(target=self._read, name=f"executor-{number}", daemon=True)

    @property
    def pid(self) -> int:
        """The executor's process id, 0 before the start."""
        return self._process.pid if self._process else 0

    def start(self, timeout: float) -> None:
        """Start the process and connect; ExecutorError, with nothing left behind, if that fails."""
        line = open_line(self.number, self._directory, self.threads, timeout, self._config)
        self._connection, self._frames = line.connection, line.frames
        self._sender = Sender(self._connection, f"executor-{self.number}-sender")
        self._sender.start()
        self._process = line.process
        self._reader.start()

    def submit(self, order: Order) -> None:
        """Hand over a run; see `submit_many`."""
        self.submit_many((order,))

    def submit_many(self, orders: Sequence[Order]) -> None:
        """Hand over runs; returns at once.

        ValueError for more than `threads` runs at a time, for a run id that is out already, and
        after `ask`: then none is taken. An executor that is gone starts nothing: `tell` hears so
        before this returns.
        """
        with self._lock:
            self._admit(orders)
            if not self._gone:
                self._held.update((order.run_id, _Held(order)) for order in orders)
                self._sender.put(b"".join(map(frame, orders)))
                return
        for order in orders:
            self._tell(_never_started(order))

    def kill(self, run_id: str, reason: str, at_once: bool = False) -> None:
        """End a run, or keep it from starting; nothing happens if it is over.

        One that was killed already goes on with its grace, unless it is now to end `at_once`.
        """
        with self._lock:
            held = self._held.get(run_id)
            if held is None or self._gone or (held.killed and not at_once):
                return
            held.killed = True
            self._sender.put(frame(KillRun(run_id, reason, at_once)))

    def extend(self, news: Extend) -> None:
        """Let it know that a lease was renewed; from any thread, nothing before the start."""
        with self._lock:
            if self._process is not None and not self._gone:
                self._sender.offer(frame(news))

    def ask(self) -> None:
        """Let the process end once it is idle; safe twice and when never started."""
        with self._lock:
            self._asked = True
            self._finish_if_idle()

    def join(self, timeout: float) -> bool:
        """Wait for the process's end; after `timeout` s its runs get TERM, their grace, and KILL.

        True when it ended by itself in time, or never started; gone afterwards in any case.
        """
        if self._process is None:
            return True
        self._reader.join(timeout)
        in_time = not self._reader.is_alive()
        if not in_time:
            log.warning("executor %d is ended with its runs", self.number)
            self._force(self._process)
        return in_time

    def _force(self, process: ExecutorProcess) -> None:
        """TERM, which ends the runs first, then KILL; the reader reaps it and tells the rest."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            process.signal(number)
            self._reader.join(self._patience())
            if not self._reader.is_alive():
                return
        log.error("executor %d does not end", self.number)

    def _admit(self, orders: Sequence[Order]) -> None:
        if self._process is None or self._asked:
            raise ValueError(f"executor {self.number} takes no orders now")
        ids = {order.run_id for order in orders}
        if len(ids) < len(orders) or not self._held.keys().isdisjoint(ids):
            raise ValueError("a run can only be out once")
        if len(self._held) + len(ids) > self.threads:
            raise ValueError(f"executor {self.number} runs at most {self.threads} at a time")

    def _finish_if_idle(self) -> None:
        if self._asked and not self._held and self._process is not None:
            self._sender.finish()

    def _read(self) -> None:
        """The reader's life: tell what comes, until nothing comes any more."""
        try:
            while data := self._connection.recv(RECEIVE_BYTES):
                for message in self._frames.feed(data):
                    self._hear(message)
        except (OSError, ValueError, KeyError) as error:
            log.error("executor %d: %r", self.number, error)
        self._bury()

    def _hear(self, message: object) -> None:
        match message:
            case Started():
                pass
            case Ended():
                with self._lock:
                    del self._held[message.run_id]
                    self._finish_if_idle()
            case _:
                raise ValueError(f"it said {message}")
        self._tell(message)

    def _bury(self) -> None:
        """The connection is over: nothing of the executor or its runs is left when this is told."""
        assert self._process is not None
        patience = self._patience()
        with self._lock:
            self._gone = True
            lost = dict(self._held)
            self._held.clear()
        self._sender.finish()
        self._connection.close()
        self._process.end(patience)
        if lost:
            end_orphans(*_marks(held.order for held in lost.values()))
        if lost or not self._asked:
            log.error("executor %d is lost, with %d runs", self.number, len(lost))
            self._tell(ExecutorLost(self.number, tuple(lost)))

    def _patience(self) -> float:
        """How long an executor that was told to end may take to end its runs."""
        with self._lock:
            graces = [held.order.job.kill_grace_seconds for held in self._held.values()]
        return max(graces, default=0.0) + END_MARGIN_SECONDS


def _marks(orders: Iterable[Order]) -> tuple[dict[str, str], dict[str, int]]:
    """The jobs and the fences of runs, by run id, as their processes carry them."""
    known = list(orders)
    fences = {o.run_id: o.environment.get("FLEETCRON_FENCE", "") for o in known}
    numbers = {run_id: int(fence) for run_id, fence in fences.items() if fence.isdecimal()}
    return {order.run_id: order.job.name for order in known}, numbers


def _never_started(order: Order) -> Ended:
    now = time.time_ns() // 1_000_000
    why = "its executor was gone"
    err = f"not started: {why}"
    return Ended(order.run_id, "not_started", None, None, now, now, b"", 0, False, err, why, None)
