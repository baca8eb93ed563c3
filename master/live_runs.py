"""The call that tells which runs of a job wait or run now."""

from __future__ import annotations

from typing import Any

from common.job import check_name, found_name
from common.owed import ENDED
from common.store import Store
from master.answers import answering
from master.inputs import only, required, whole
from master.kills import known
from master.refusals import NoSuchJob
from master.request import Request
from master.routes import Routes
from master.run_marks import owed_of, runs_of, shown


class LiveRuns:
    """Answers GET /api/v1/runs out of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_to(self, routes: Routes) -> None:
        """Put the call into the table."""
        routes.add("GET", "/api/v1/runs", answering(self.runs))

    def runs(self, request: Request) -> list[dict[str, Any]]:
        """The runs of the job `name` that wait or run, by run id; NoSuchJob.

        With `ended` (1) also those that are over and whose records are still to come. What the Go
        system's workers run is not among them.
        """
        only(request.query, ("name", "ended"))
        all_states = whole(request.query, "ended", 0, 0, 1) == 1
        name = found_name(required(request.query, "name"))
        found = (owed_of(name, each) for each in self._store.snapshot(runs_of(name)).entries)
        meant = (each for each in found if each and (all_states or each[1].state != ENDED))
        live = [shown(*each) for each in meant]
        if not live and not known(self._store, name):
            check_name(name)
            raise NoSuchJob(name)
        return live
