"""A real log store behind a connection that a test breaks and mends."""

import threading
from pathlib import Path

from common.errors import LogStoreLost, LogStoreRefused, LogStoreUnindexed
from common.log_store import JobLogFilter, LogBatch
from common.record import JobLog
from common.sqlite_log import SqliteLogStore


class Unsteady:
    """Counts the batches; refuses records by their id, all `with_output` or all at all."""

    def __init__(self, path: Path) -> None:
        self.inner = SqliteLogStore(path)
        self.away = threading.Event()
        self.refuses: set[str] = set()
        self.refuses_output: set[str] = set()
        self.refuses_all = threading.Event()
        self.refuses_indexes = threading.Event()
        self.most = 1 << 30
        self.sizes: list[int] = []
        self.asked = 0
        self.pings = 0
        self.tried = threading.Semaphore(0)

    def ping(self) -> None:
        """Answer, unless the way is broken or nobody may write."""
        self.pings += 1
        self._fail()
        if self.refuses_indexes.is_set():
            raise LogStoreUnindexed("no index for you")

    def write(self, batch: LogBatch) -> None:
        """Write, unless the way is broken or something in it is refused."""
        self.asked += 1
        self._fail()
        self.tried.release()
        if len(batch.logs) > self.most:
            raise LogStoreLost("too slow")
        if any(map(self._refuses, batch.logs)):
            raise LogStoreRefused("bad record")
        self.sizes.append(len(batch.logs))
        self.inner.write(batch)

    def stored(self) -> list[str]:
        """The run ids that are stored."""
        return sorted(log.run_id for log in self.inner.read(JobLogFilter("a"), 0, 10_000))

    def _refuses(self, record: JobLog) -> bool:
        big = bool(record.output) and record.run_id in self.refuses_output
        return big or record.run_id in self.refuses

    def _fail(self) -> None:
        if self.away.is_set() or self.refuses_all.is_set():
            self.tried.release()
        if self.away.is_set():
            raise LogStoreLost("away")
        if self.refuses_all.is_set():
            raise LogStoreRefused("not authorized")

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)
