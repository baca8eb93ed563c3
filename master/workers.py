"""The calls that tell who is there: workers and masters, and how far their clocks are from ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.clock import Clock, read
from common.clock_news import source_of
from common.clocks import Clocks
from common.constants import CLOCK_DIR, JOB_WORKER_DIR
from common.drain import Drain
from common.errors import InvalidField
from common.job import parse_object
from common.protocol import extract_worker_ip
from common.store import Store
from master.answers import answering
from master.drains import drains
from master.request import Request
from master.routes import Routes

OFF_MS = 1000
"""A clock that differs by more is pointed out."""


class Workers:
    """Answers out of the store and of what was heard of clocks.

    `clockAheadMs` is null where a clock was not heard, or not yet for sure; `clockOff` points out
    one that differs from this master's by more than a second.
    """

    def __init__(self, store: Store, clock: Clock, clocks: Clocks) -> None:
        self._store = store
        self._clock = clock
        self._clocks = clocks

    def add_to(self, routes: Routes) -> None:
        """Put the calls into the table."""
        routes.add("GET", "/api/v1/workers", answering(self.workers))
        routes.add("GET", "/api/v1/masters", answering(self.masters))

    def workers(self, request: Request) -> Any:
        """The registered workers, each with its kind: `fleetcron`, `go`, or `unknown`.

        A Go worker's registration is empty and shown as null, as is one that cannot be read.
        `drained` is null, or by whom, when and why it was told to take no more runs.
        """
        ahead, told = self._ahead(), drains(self._store)
        return [
            {
                "id": extract_worker_ip(entry.key),
                **_registered(entry.value),
                **_clock(ahead.get(source_of(entry.key))),
                "drained": _drained(told.get(extract_worker_ip(entry.key))),
            }
            for entry in self._store.snapshot(JOB_WORKER_DIR).entries
        ]

    def masters(self, request: Request) -> Any:
        """The masters that tell their clock; this one does not hear its own."""
        ahead = self._ahead()
        return [
            {"id": entry.key.removeprefix(CLOCK_DIR), **_clock(ahead.get(source_of(entry.key)))}
            for entry in self._store.snapshot(CLOCK_DIR).entries
        ]

    def _ahead(self) -> Mapping[str, int]:
        return self._clocks.ahead_ms(read(self._clock))


def _clock(ahead_ms: int | None) -> dict[str, Any]:
    off = ahead_ms is not None and abs(ahead_ms) > OFF_MS
    return {"clockAheadMs": ahead_ms, "clockOff": off}


def _drained(told: Drain | None) -> dict[str, Any] | None:
    return {"by": told.by, "at": told.at, "reason": told.reason} if told else None


def _registered(value: bytes) -> Mapping[str, Any]:
    try:
        return {"kind": "fleetcron", "registration": parse_object(value, "registration")}
    except InvalidField:
        return {"kind": "unknown" if value else "go", "registration": None}
