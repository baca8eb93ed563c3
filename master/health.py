"""Whether the master can do its work: for probes, and in a banner of the page."""

from __future__ import annotations

import json
from typing import Any

from common.constants import KEEPER_CROWDED_KEY
from common.store import Store
from master.answers import answering
from master.refusals import Unhealthy
from master.request import Reply, Request
from master.routes import Routes


class Health:
    """Answers /healthz and /api/v1/health."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_to(self, routes: Routes) -> None:
        """Put the calls into the table."""
        routes.add("GET", "/healthz", self.probe)
        routes.add("GET", "/api/v1/health", answering(self.problems))

    def problems(self, request: Request) -> Any:
        """Sentences on what is wrong though the store answers: first, why it takes no jobs."""
        crowded = self._store.get(KEEPER_CROWDED_KEY)
        told = [crowded.value.decode(errors="replace")] if crowded else []
        return {"problems": [*self._problems(), *told]}

    def probe(self, request: Request) -> Reply:
        """HTTP 200 while jobs can be read and saved, else 503 and a sentence that says why not."""
        answer = answering(self._refuse_problems)(request)
        healthy = json.loads(answer.body)["errno"] == 0
        return answer if healthy else Reply(503, answer.body)

    def _problems(self) -> list[str]:
        self._store.ping()
        return self._store.problems()

    def _refuse_problems(self, request: Request) -> None:
        if problems := self._problems():
            raise Unhealthy("; ".join(problems))
