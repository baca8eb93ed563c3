"""The main process's end of an executor that it has started: hands it orders."""

from __future__ import annotations

from collections.abc import Sequence

from worker.executor_channel import frame
from worker.executor_line import open_line
from worker.executor_link import ExecutorLink
from worker.executor_loss import never_started
from worker.executor_process import ExecutorError
from worker.orders import Order


class StartedLink(ExecutorLink):
    """A link that takes orders. Its `directory` is made, 0700, if missing."""

    @property
    def is_open(self) -> bool:
        """Whether it takes orders, as far as there is room."""
        return not (self._line is None or self._gone or self._asked or self._retired)

    def start(self, timeout: float) -> None:
        """Start the process and connect; ExecutorError, with nothing left behind, if that fails."""
        line = open_line(self.number, self._directory, self.threads, timeout, self._config)
        self._line = line
        try:
            line.follow(self._hear, self._bury)
        except ExecutorError:
            self._line = None
            line.abandon()
            raise

    def submit_many(self, orders: Sequence[Order]) -> None:
        """Hand over runs; returns at once.

        ValueError, and none is taken, for more than `threads` at a time, a run id that is out, and
        after `ask` or `retire`. One that is gone starts none: `tell` hears so before this returns.
        """
        with self._lock:
            if self._line is None or self._asked or self._retired:
                raise ValueError(f"executor {self.number} takes no orders now")
            if not self._gone:
                self._table.admit(orders, self.threads)
                self._line.put(b"".join(map(frame, orders)))
                return
        for order in orders:
            self._tell(never_started(order.run_id))
