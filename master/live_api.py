"""The call that shows what a run prints while it prints it."""

from __future__ import annotations

from common.clock import Clock
from common.log_store import LogStore
from common.store import Store
from master.answers import replying
from master.broadcasts import Broadcasts
from master.inputs import only, required, whole
from master.request import Reply, Request, Sink
from master.routes import Routes
from master.run_states import RunStates
from master.sse import CONTENT_TYPE
from master.viewing import Viewing

MOST_BYTES = 10**15
LAST_SEEN = "last-event-id"


class LiveApi:
    """Answers GET /api/v1/output with server-sent events."""

    def __init__(self, broadcasts: Broadcasts, store: Store, logs: LogStore, clock: Clock) -> None:
        self._broadcasts, self._clock = broadcasts, clock
        self._states = RunStates(store, logs, clock)

    def add_to(self, routes: Routes) -> None:
        """Put the call into the table."""
        routes.add("GET", "/api/v1/output", replying(self.output))

    def output(self, request: Request) -> Reply:
        """What the run `id` of the job `name` (else what the id begins with) prints, `from` a byte.

        Events: `output` (from, to, skipped, at, text), `state` when that changes, and `end` with
        the record. `Last-Event-ID` names the last byte seen, and wins over `from`.
        """
        only(request.query, ("id", "name", "from"))
        run_id = required(request.query, "id")
        name = request.query.get("name") or run_id.rpartition("@")[0].partition("#")[0]
        at = whole(request.query, "from", 0, 0, MOST_BYTES)
        at = whole(request.headers, LAST_SEEN, at, 0, MOST_BYTES)
        state = self._states.read(name, run_id)
        if not state["record"]:
            self._broadcasts.check_room(run_id)

        def stream(sink: Sink) -> None:
            viewing = Viewing(sink, at, self._clock.boot)
            if state["record"]:
                viewing.end(state)
                return
            with self._broadcasts.joined(name, run_id) as broadcast:
                viewing.follow(broadcast)

        return Reply(200, b"", CONTENT_TYPE, stream=stream)
