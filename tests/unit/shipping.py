"""Shipping as tests have it: on a thread, from what they put into it to what it says."""

import queue
from pathlib import Path
from typing import Any

from common.clock import SystemClock
from common.log_opening import SqliteSpec
from common.log_trouble import LogTrouble
from common.loop import Loop
from common.record import JobLog
from tests.unit.unsteady import Unsteady
from worker.ship_wire import Keep, Open, Refused, Shipped, State, Up
from worker.shipping import Shipping


class Desk:
    """Shipping on a thread, and what it said was stored."""

    def __init__(
        self,
        logs: Unsteady,
        path: Path,
        size: int = 5,
        seconds: float = 0.01,
        trouble: LogTrouble | None = None,
    ) -> None:
        self.logs = logs
        self.aside = path / "unrecorded" / "refused.jsonl"
        self.kept: queue.Queue[int] = queue.Queue()
        self.states: queue.Queue[str] = queue.Queue()
        self.refused: list[str] = []
        self.stuck = 0
        opening = Open(SqliteSpec(path), "w", path, size, seconds, self.aside)
        store: Any = logs
        self.shipping = Shipping(store, SystemClock(), opening, self._say, trouble=trouble)
        self.deaths: list[BaseException] = []
        self.loop = Loop(self.shipping, lambda name, error: self.deaths.append(error))

    def _say(self, message: Up) -> None:
        if isinstance(message, Shipped):
            for number in message.kept:
                self.kept.put(number)
        elif isinstance(message, Refused):
            self.refused.append(message.run_id)
        elif isinstance(message, State):
            self.states.put(message.why)
            self.stuck = message.stuck

    def keep(self, *numbers: int, output: str = "") -> None:
        """One record for each number."""
        for n in numbers:
            record = JobLog("a", "true", "", output, n, n, n, n, f"a@{n}", line_times="1*1")
            self.shipping.inbox.put(Keep(n, (record,)))

    def told(self, count: int) -> list[int]:
        """So many numbers as they are said to be stored, in order."""
        return sorted(self.kept.get(timeout=20) for _ in range(count))

    def tried(self, times: int) -> None:
        """Wait until so many writes were tried."""
        for _ in range(times):
            assert self.logs.tried.acquire(timeout=20)

    def stop(self) -> None:
        """Stop, in time and alive."""
        self.loop.ask()
        assert self.loop.join(20)
        assert self.deaths == []
