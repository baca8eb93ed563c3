"""The calls that drain a worker and let it take runs again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from common import keys
from common.drain import Drain
from common.errors import InvalidField
from common.store import Store
from master.answers import answering
from master.asker import asker
from master.change_log import Asker
from master.drains import drain, heard, undrain
from master.json_body import json_body, seconds, text
from master.request import Request
from master.routes import Routes
from master.waits import Waits

WAIT_SECONDS, MOST_SECONDS = 5.0, 60.0
LONGEST = 1024


class DrainApi:
    """Answers POST /api/v1/worker/drain and /undrain; `now` gives epoch ms.

    Each answer waits until the worker says that it has heard, `waitSeconds` (5) at the latest:
    `heard` tells whether it has. A worker that is not there hears when it starts.
    """

    def __init__(self, store: Store, now: Callable[[], int], waits: Waits) -> None:
        self._store = store
        self._now = now
        self._waits = waits

    def add_to(self, routes: Routes) -> None:
        """Put the calls into the table."""
        routes.add("POST", "/api/v1/worker/drain", answering(self.drain))
        routes.add("POST", "/api/v1/worker/undrain", answering(self.undrain))

    def drain(self, request: Request) -> Any:
        """Have `worker` take nothing new, for a `reason`; what it runs goes on to its end."""
        body = json_body(request, ("worker", "reason", "waitSeconds"))
        worker, reason = _plain(body, "worker"), _plain(body, "reason", "")
        wanted = seconds(body, "waitSeconds", WAIT_SECONDS, MOST_SECONDS)
        drain(self._store, worker, Drain(asker(request), self._now(), reason), request.peer[0])
        return {"worker": worker, "heard": self._heard(worker, True, wanted)}

    def undrain(self, request: Request) -> Any:
        """Have `worker` take runs again; `wasDrained` is false where it was not drained.

        `registered` is false where it is not there: then it takes runs when it is back.
        """
        body = json_body(request, ("worker", "waitSeconds"))
        worker = _plain(body, "worker")
        wanted = seconds(body, "waitSeconds", WAIT_SECONDS, MOST_SECONDS)
        asked = Asker(asker(request), self._now(), request.peer[0])
        was = undrain(self._store, worker, asked) is not None
        done = self._heard(worker, False, wanted) if was else True
        there = self._store.get(keys.worker(worker)) is not None
        return {"worker": worker, "wasDrained": was, "heard": done, "registered": there}

    def _heard(self, worker: str, draining: bool, wanted: float) -> bool:
        with self._waits.allowed(wanted) as allowed:
            return heard(self._store, worker, draining, allowed)


def _plain(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = text(body, name, default)
    if len(value) > LONGEST or not value.isprintable():
        raise InvalidField(name, f"expected at most {LONGEST} characters that can be printed")
    return value
