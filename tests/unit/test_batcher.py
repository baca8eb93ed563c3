"""The log batcher: by size, by time, and nothing dropped while the log store is away."""

import queue
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from common.clock import SystemClock
from common.errors import LogStoreLost, LogStoreRefused
from common.log_store import JobLogFilter, LogBatch
from common.loop import Loop
from common.record import JobLog
from common.sqlite_log import SqliteLogStore
from worker import batcher as batcher_module
from worker.batcher import Batcher, Filing


class Unsteady:
    """A real log store behind a connection that a test breaks and mends; counts the batches."""

    def __init__(self, path: Path) -> None:
        self.inner = SqliteLogStore(path)
        self.away = threading.Event()
        self.refuses: set[str] = set()
        self.sizes: list[int] = []
        self.tried = threading.Semaphore(0)

    def write(self, batch: LogBatch) -> None:
        """Write, unless the way is broken or something in it is refused."""
        self.tried.release()
        if self.away.is_set():
            raise LogStoreLost("away")
        if any(record.run_id in self.refuses for record in batch.logs):
            raise LogStoreRefused("bad record")
        self.sizes.append(len(batch.logs))
        self.inner.write(batch)

    def stored(self) -> list[str]:
        """The run ids that are stored."""
        return sorted(log.run_id for log in self.inner.read(JobLogFilter("a"), 0, 10_000))

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


class Desk:
    """A batcher on its thread, and what it said was recorded."""

    def __init__(self, logs: Unsteady, size: int, seconds: float) -> None:
        self.logs = logs
        self.recorded: queue.Queue[tuple[str, ...]] = queue.Queue()
        self.batcher = Batcher(logs, SystemClock(), size, seconds, self._note)  # type: ignore[arg-type]
        self.deaths: list[BaseException] = []
        self.loop = Loop(self.batcher, lambda name, error: self.deaths.append(error))

    def _note(self, filings: Sequence[Filing]) -> None:
        self.recorded.put(tuple(filing.run_key for filing in filings))

    def file(self, *numbers: int, output: str = "") -> None:
        """File one record for each number."""
        for n in numbers:
            record = JobLog("a", "true", "", output, n, n, n, n, f"a@{n}", line_times="1*1")
            self.batcher.file((Filing((record,), f"/cron/runs/a/a@{n}"),))

    def keys(self, count: int) -> list[str]:
        """So many run keys as they are said to be recorded."""
        said: list[str] = []
        while len(said) < count:
            said += self.recorded.get(timeout=20)
        return said


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Unsteady]:
    """A log store that can be broken."""
    made = Unsteady(tmp_path / "log.db")
    yield made
    made.inner.close()


def test_a_full_batch_is_written_at_once(logs: Unsteady) -> None:
    desk = Desk(logs, size=3, seconds=3600)
    desk.file(1, 2, 3)
    desk.loop.start()
    assert desk.keys(3) == [f"/cron/runs/a/a@{n}" for n in (1, 2, 3)]
    assert logs.sizes == [3]
    desk.loop.ask()
    assert desk.loop.join(20)


def test_a_batch_that_is_not_full_is_written_after_its_time(logs: Unsteady) -> None:
    desk = Desk(logs, size=100, seconds=0.05)
    desk.loop.start()
    desk.file(1)
    assert desk.keys(1) == ["/cron/runs/a/a@1"]
    desk.loop.ask()
    assert desk.loop.join(20)


def test_a_stop_writes_what_is_there_without_waiting_for_more(logs: Unsteady) -> None:
    desk = Desk(logs, size=100, seconds=3600)
    desk.loop.start()
    desk.file(*range(250))
    desk.loop.ask()
    assert desk.loop.join(20)
    assert len(logs.stored()) == 250


def test_while_the_log_store_is_away_everything_waits_and_then_comes_once(logs: Unsteady) -> None:
    desk = Desk(logs, size=10, seconds=0.01)
    logs.away.set()
    desk.loop.start()
    desk.file(*range(35))
    for _ in range(3):
        assert logs.tried.acquire(timeout=20)
    assert desk.recorded.empty()
    logs.away.clear()
    assert len(desk.keys(35)) == 35
    assert len(logs.stored()) == 35
    desk.loop.ask()
    assert desk.loop.join(20)


def test_a_stop_while_the_log_store_is_away_ends_and_counts_what_is_left(logs: Unsteady) -> None:
    desk = Desk(logs, size=10, seconds=0.01)
    logs.away.set()
    desk.loop.start()
    desk.file(*range(35))
    assert logs.tried.acquire(timeout=20)
    desk.loop.ask()
    assert desk.loop.join(20)
    assert desk.batcher.unwritten == 35
    assert desk.recorded.empty()


def test_one_bad_record_does_not_hold_up_the_others(logs: Unsteady) -> None:
    desk = Desk(logs, size=5, seconds=0.01)
    logs.refuses.add("a@2")
    desk.file(*range(5))
    desk.loop.start()
    assert "/cron/runs/a/a@2" not in desk.keys(4)
    assert logs.stored() == ["a@0", "a@1", "a@3", "a@4"]
    assert desk.batcher.unwritten == 1
    desk.loop.ask()
    assert desk.loop.join(20)


def test_a_bad_record_that_came_alone_does_not_hold_up_what_comes_later(logs: Unsteady) -> None:
    desk = Desk(logs, size=5, seconds=0.01)
    logs.refuses.add("a@0")
    desk.file(0)
    desk.loop.start()
    for _ in range(3):
        assert logs.tried.acquire(timeout=20)
    desk.file(1, 2)
    assert desk.keys(2) == ["/cron/runs/a/a@1", "/cron/runs/a/a@2"]
    desk.loop.ask()
    assert desk.loop.join(20)
    assert desk.batcher.unwritten == 1


def test_a_store_that_refuses_everything_is_asked_again(logs: Unsteady) -> None:
    desk = Desk(logs, size=2, seconds=0.01)
    logs.refuses.update({"a@0", "a@1"})
    desk.file(0, 1)
    desk.loop.start()
    for _ in range(4):
        assert logs.tried.acquire(timeout=20)
    logs.refuses.clear()
    assert len(desk.keys(2)) == 2
    desk.loop.ask()
    assert desk.loop.join(20)


def test_beyond_its_bound_outputs_are_cut_and_counted_and_no_record_is_lost(
    logs: Unsteady, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batcher_module, "MAX_WAITING_BYTES", 100)
    desk = Desk(logs, size=10, seconds=0.01)
    desk.file(*range(4), output="x" * 40)
    assert desk.batcher.outputs_cut == 2
    desk.loop.start()
    desk.keys(4)
    desk.file(4, output="x" * 40)
    desk.keys(1)
    stored = logs.inner.read(JobLogFilter("a"), 0, 10)
    assert [len(log.output) for log in stored] == [40, 0, 0, 40, 40]
    assert [log.truncated for log in stored] == [False, True, True, False, False]
    assert [log.line_times for log in stored] == ["1*1", "", "", "1*1", "1*1"]
    desk.loop.ask()
    assert desk.loop.join(20)
