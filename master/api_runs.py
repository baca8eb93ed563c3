"""The calls under /api/v1/ that are about single runs: kill them."""

from __future__ import annotations

from typing import Any

from common.clock import Clock
from common.log_store import LogStore
from common.store import Store
from master.answers import answering
from master.json_body import json_body, seconds, text
from master.killing import Killing
from master.request import Request
from master.routes import Routes
from master.waits import Waits

WAIT_SECONDS, MOST_SECONDS = 30.0, 3600.0


class RunsApi:
    """Answers out of the two stores; `waits` bounds how long an answer may take."""

    def __init__(self, store: Store, logs: LogStore, clock: Clock, waits: Waits) -> None:
        self._store = store
        self._logs = logs
        self._clock = clock
        self._waits = waits

    def add_to(self, routes: Routes) -> None:
        """Put the calls into the table."""
        routes.add("POST", "/api/v1/kill", answering(self.kill))

    def kill(self, request: Request) -> Any:
        """End every run of the job called `name` that has begun, or the one that is its `run`.

        The answer comes when they are dead, after `waitSeconds` (30) at the latest.
        """
        body = json_body(request, ("name", "run", "waitSeconds"))
        wanted = seconds(body, "waitSeconds", WAIT_SECONDS, MOST_SECONDS)
        name, run_id = text(body, "name"), text(body, "run", "")
        killing = Killing(self._store, self._logs, self._clock, name, run_id)
        killing.begin()
        with self._waits.allowed(wanted) as allowed:
            killing.wait(allowed)
        return killing.answer()
