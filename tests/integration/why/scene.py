"""A situation in both stores, made through real records and edits, and the question about it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from common import keys, lock
from common.clocks import Clocks
from common.log_store import LogBatch, LogStore
from common.owed import RUNNING, Gap, Owed, pack
from common.owed_record import owed_records
from common.record import JobLog
from common.store import Store, put
from common.watermark import pack_watermark
from master.edits import Edits
from master.request import Request
from master.why import Why
from tests.integration.mastering import NOON, TurnedClock, a_job
from tests.turned_clock import TurnedClock as BothClocks

HOUR = 3_600_000
MINUTE = 60_000
ME = "10.0.0.1"
INCARNATION = f"{ME}.abcd0123"


class Scene:
    """The job `a` is due each hour; it was made by ann at 06:30, and it is 12:00:30."""

    def __init__(self, store: Store, logs: LogStore) -> None:
        self.store, self.logs = store, logs
        self.clock = TurnedClock(NOON - 5 * HOUR - HOUR // 2)
        self.clocks = Clocks()
        self.edits = Edits(store, "UTC", self.clock)
        both = BothClocks()
        self.untrusted = False
        self._why = Why(store, logs, "UTC", self.clock, both, self.clocks, self._trusted)

    def _trusted(self) -> int | None:
        return None if self.untrusted else self.clock()

    def job(self, **fields: Any) -> None:
        """Save the job; then it is 12:00:30."""
        self.edits.save(a_job(**fields), "ann")
        self.clock.ms = NOON + 30_000

    def edit(self, at: int, by: str, **fields: Any) -> None:
        """Let somebody save fields of the job at that time."""
        was, self.clock.ms = self.clock.ms, at
        self.edits.save({"name": "a", **fields}, by)
        self.clock.ms = was

    def delete(self, at: int, by: str) -> None:
        """Let somebody delete it at that time."""
        was, self.clock.ms = self.clock.ms, at
        self.edits.delete("a", by)
        self.clock.ms = was

    def worker(self, name: str = ME, **fields: Any) -> None:
        """Register a worker of ours."""
        said = {"worker": name, "host": f"host-{name}", "room": True, "draining": False, **fields}
        put(self.store, keys.worker(name), json.dumps(said).encode())

    def settled(self, at: int, unit: str = "a") -> None:
        """Put the watermark there."""
        put(self.store, keys.fired(unit), pack_watermark(at))

    def record(self, outcome: str, at: int = NOON, **fields: Any) -> JobLog:
        """Let the log store have a record of the instant, ended after four seconds."""
        plain = JobLog("a", "true", "", "much", at, at, at + 10, at + 4010, run_id=f"a@{at}")
        written = replace(
            plain, **{"outcome": outcome, "worker": ME, "trigger": "schedule", **fields}
        )
        if outcome in ("missed", "skipped_overlap", "not_started", "ran_elsewhere", "unknown"):
            written = replace(written, start_time=at, end_time=at)
        self.logs.write(LogBatch((written,)))
        return written

    def gap(self, first: int, last: int, count: int, reason: str) -> None:
        """Let the log store have the records of a gap, and of the instant after it."""
        gap = Gap(first, last, count, reason)
        owed = Owed("ended", INCARNATION, last + HOUR, 0, 1, outcome="success", gap=gap)
        self.logs.write(LogBatch(tuple(owed_records("a", f"a@{last + HOUR}", owed))))

    def owed(self, at: int = NOON, run_id: str = "", state: str = RUNNING, **fields: Any) -> str:
        """Leave a run's key; its run id."""
        run_id = run_id or f"a@{at}"
        owed = replace(Owed(state, INCARNATION, at, 0, 1), **fields)
        put(self.store, keys.run("a", run_id), pack(owed))
        put(self.store, keys.alive(INCARNATION), b"{}")
        return run_id

    def locked(self, run_id: str, unit: str = "a") -> None:
        """Let a run hold the unit."""
        put(self.store, keys.lock(unit), lock.held(run_id, INCARNATION))

    def ask(self, **query: Any) -> dict[str, Any]:
        """The answer to a question about the job; the last due instant unless told otherwise."""
        asked = {name: str(value) for name, value in {"name": "a", **query}.items()}
        request = Request("GET", "/api/v1/why", asked, {}, b"", {}, ("127.0.0.1", 1), "ann")
        found: dict[str, Any] = self._why.why(request)
        assert all(found["answer"])
        return found

    def first(self, cause: str, **query: Any) -> str:
        """The first sentence of the answer, whose cause is as expected."""
        found = self.ask(**query)
        assert found["cause"] == cause, found
        said: str = found["answer"][0]
        return said
