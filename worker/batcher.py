"""The log batcher: collects records, writes them in batches by size or time, says what is kept."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from common.clock import Clock
from common.errors import LogStoreError, LogStoreRefused
from common.log_store import LogBatch, LogStore
from common.record import JobLog

log = logging.getLogger(__name__)

MAX_WAITING_BYTES = 64 << 20
"""So much output may wait for the log store; beyond it records are kept, and output is not."""
FIRST_PAUSE, LAST_PAUSE = 0.2, 5.0


@dataclass(frozen=True, slots=True)
class Filing:
    """Records to be stored, after which the run key that stands for them may go.

    `told` is the id of a run whose end an executor told, which is all in these; else "".
    """

    records: tuple[JobLog, ...]
    run_key: str
    told: str = ""


class Batcher:
    """The body of the batcher's thread; anybody may `file`. Nothing that is filed is dropped.

    A batch is written when it has `size` filings or more, or `seconds` after its first came. While
    the log store is away, what waits is bounded by cutting the outputs of later records, each
    counted.
    """

    name = "log batcher"

    def __init__(
        self,
        logs: LogStore,
        clock: Clock,
        size: int,
        seconds: float,
        recorded: Callable[[Sequence[Filing]], None],
        tell: Callable[[Filing], None] | None = None,
    ) -> None:
        """`recorded` hears what is stored, `tell` at once all that is filed."""
        self._inbox: queue.SimpleQueue[Sequence[Filing]] = queue.SimpleQueue()
        self._logs = logs
        self._clock = clock
        self._size = size
        self._seconds = seconds
        self._recorded = recorded
        self._tell = tell
        self._stopping = threading.Event()
        self._weighing = threading.Lock()
        self._waiting_bytes = 0
        self.outputs_cut = 0
        self.unwritten = 0

    def file(self, filings: Sequence[Filing]) -> None:
        """Take records over, from any thread; never blocks."""
        if self._tell:
            for filing in filings:
                self._tell(filing)
        with self._weighing:
            self._inbox.put([self._weighed(filing) for filing in filings])

    def _weighed(self, filing: Filing) -> Filing:
        """The same, without its output where too much waits."""
        weight = _weight(filing)
        if weight and self._waiting_bytes + weight > MAX_WAITING_BYTES:
            self.outputs_cut += 1
            log.error("run=%s: output not kept, too much waits already", filing.run_key)
            return _without_output(filing)
        self._waiting_bytes += weight
        return filing

    def step(self) -> None:
        """Collect the next batch and write it."""
        batch = self._collect()
        if batch:
            self._write(batch)

    def wake(self) -> None:
        """End all waits: what is there is written without waiting for more."""
        self._stopping.set()
        self._inbox.put(())

    def close(self) -> None:
        """Write what is left, each batch tried once more; what stays unwritten is counted."""
        while not self._inbox.empty():
            self.step()
        if self.unwritten:
            log.error("%d records were not written; their run keys stand for them", self.unwritten)

    def _collect(self) -> list[Filing]:
        batch = list(self._inbox.get())
        until = self._clock.boot() + self._seconds
        while len(batch) < self._size:
            left = 0.0 if self._stopping.is_set() else until - self._clock.boot()
            try:
                batch += self._inbox.get(block=left > 0, timeout=max(left, 0.001))
            except queue.Empty:
                break
        return batch

    def _write(self, batch: list[Filing]) -> None:
        pause = FIRST_PAUSE
        while batch:
            batch, why = self._try(batch)
            if batch and self._stopping.is_set():
                self.unwritten += len(batch)
                log.error("%d filings not written at the end: %s", len(batch), why)
                return
            if batch:
                log.warning("%d filings wait: %s; trying again", len(batch), why)
                self._stopping.wait(pause)
                pause = min(2 * pause, LAST_PAUSE)
            if batch and isinstance(why, LogStoreRefused):
                batch = [*batch, *self._more(self._size - len(batch))]

    def _more(self, most: int) -> list[Filing]:
        """What was filed meanwhile: where it is taken, a refusal was about single records."""
        came: list[Filing] = []
        while len(came) < most and not self._inbox.empty():
            came += self._inbox.get_nowait()
        return came

    def _try(self, batch: list[Filing]) -> tuple[list[Filing], LogStoreError | None]:
        """What could not be written yet, and why."""
        records = tuple(record for filing in batch for record in filing.records)
        try:
            self._logs.write(LogBatch(records))
        except LogStoreRefused as error:
            return self._one_by_one(batch), error
        except LogStoreError as error:
            return batch, error
        self._done(batch)
        return [], None

    def _one_by_one(self, batch: list[Filing]) -> list[Filing]:
        """Find what the log store refuses for itself; when it refuses all, all of it waits."""
        refused: dict[Filing, LogStoreError] = {}
        for filing in batch:
            try:
                self._logs.write(LogBatch(filing.records))
                self._done([filing])
            except LogStoreError as error:
                refused[filing] = error
        final = all(isinstance(why, LogStoreRefused) for why in refused.values())
        if len(refused) == len(batch) or not final:
            return list(refused)
        for filing, why in refused.items():
            self.unwritten += 1
            log.error("%s: the log store refuses the record: %s", filing.run_key, why)
        return []

    def _done(self, batch: list[Filing]) -> None:
        weight = sum(_weight(filing) for filing in batch)
        with self._weighing:
            self._waiting_bytes -= weight
        self._recorded(batch)


def _weight(filing: Filing) -> int:
    return sum(len(record.output) for record in filing.records)


def _without_output(filing: Filing) -> Filing:
    records = tuple(
        replace(record, output="", line_times="", truncated=True) for record in filing.records
    )
    return Filing(records, filing.run_key, filing.told)
