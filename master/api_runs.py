"""The calls under /api/v1/ that are about single runs: ask for them, follow and kill them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from common.clock import Clock
from common.errors import InvalidField
from common.log_store import LogStore
from common.store import Store
from master.answers import answering
from master.asker import asker
from master.inputs import only, required, whole
from master.json_body import chosen, json_body, seconds, text
from master.killing import Killing
from master.request import Request
from master.routes import Routes
from master.run_now import RunNow, Wish
from master.run_states import RunStates
from master.waits import Waits

WAIT_SECONDS, MOST_SECONDS = 30.0, 3600.0


class RunsApi:
    """Answers out of the two stores; `waits` bounds how long an answer may take.

    `zone` is the fleet's, `required_ms` gives epoch ms by a clock that is to be trusted, or raises.
    """

    def __init__(
        self,
        store: Store,
        logs: LogStore,
        clock: Clock,
        waits: Waits,
        zone: str,
        required_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._logs = logs
        self._clock = clock
        self._waits = waits
        self._states = RunStates(store, logs, clock)
        self._run_now = RunNow(store, self._states, zone, required_ms)

    def add_to(self, routes: Routes) -> None:
        """Put the calls into the table."""
        routes.add("POST", "/api/v1/run", answering(self.run))
        routes.add("GET", "/api/v1/run", answering(self.state))
        routes.add("POST", "/api/v1/kill", answering(self.kill))

    def run(self, request: Request) -> Any:
        """Run the job called `name` now, on the `worker` or `host` that is named, if one is.

        The ids of its runs are known at once; a worker takes each up within ten minutes, and
        `warnings` say where none may.
        """
        body = json_body(request, ("name", "worker", "host"))
        worker, host = chosen(body, "worker"), chosen(body, "host")
        if worker and host:
            raise InvalidField("host", "give either a worker or a host")
        wish = Wish(text(body, "name"), asker(request), worker, host, request.peer[0])
        warnings = self._run_now.doubts(wish)  # first: what is asked for is not to fail
        return {"runs": self._run_now.ask(wish), "warnings": warnings}

    def state(self, request: Request) -> Any:
        """How it stands with the run called `id`, of the job `name` (else what the id begins with).

        With `waitSeconds` once it is over and its record is there, or after so long.
        """
        only(request.query, ("id", "name", "waitSeconds"))
        run_id = required(request.query, "id")
        name = request.query.get("name") or run_id.rpartition("@")[0].partition("#")[0]
        wanted = whole(request.query, "waitSeconds", 0, 0, int(MOST_SECONDS))
        with self._waits.allowed(wanted) as allowed:
            return self._states.wait(name, run_id, allowed)

    def kill(self, request: Request) -> Any:
        """End every run of the job called `name` that has begun, or the one that is its `run`.

        The answer comes when they are dead, after `waitSeconds` (30) at the latest.
        """
        body = json_body(request, ("name", "run", "waitSeconds"))
        wanted = seconds(body, "waitSeconds", WAIT_SECONDS, MOST_SECONDS)
        name, run_id = text(body, "name"), chosen(body, "run")
        who = asker(request), request.peer[0]
        killing = Killing(self._store, self._logs, self._clock, name, run_id, *who)
        killing.begin()
        with self._waits.allowed(wanted) as allowed:
            killing.wait(allowed)
        return killing.answer()
