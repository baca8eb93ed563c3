"""The calls under /api/v1/: what our page and command line ask; not stable before 1.0."""

from __future__ import annotations

import importlib.metadata
import itertools
from collections.abc import Callable
from typing import Any

from common.describe import describe
from common.job import found_name
from common.schedule import expand_hash, parse_schedule
from master.answers import answering
from master.asker import asker
from master.bulk import check_all, save_all
from master.edits import Edits
from master.inputs import instant, only, required, whole
from master.json_body import require_json
from master.overview import Overview
from master.request import Request
from master.routes import Routes

MOST_INSTANTS = 1000
LAST_INSTANT = 4_102_444_800_000
"""The end of 2099, the last year of a schedule, in epoch ms."""


class Api:
    """Answers the calls under /api/v1/ that are about jobs and schedules."""

    def __init__(
        self,
        edits: Edits,
        overview: Overview,
        zone: str,
        now: Callable[[], int],
    ) -> None:
        self._edits = edits
        self._overview = overview
        self._zone = zone
        self._now = now

    def add_to(self, routes: Routes) -> None:
        """Put the calls into the table."""
        routes.add("GET", "/api/v1/jobs", answering(self.jobs))
        routes.add("POST", "/api/v1/jobs", answering(self.save))
        routes.add("GET", "/api/v1/job", answering(self.job))
        routes.add("GET", "/api/v1/explain", answering(self.explain))
        routes.add("GET", "/api/v1/version", answering(self.version))

    def jobs(self, request: Request) -> Any:
        """Every job with its text, next instant and last record, by name."""
        return self._overview.all()

    def job(self, request: Request) -> Any:
        """The same of the job called `name`, with the last record's output."""
        only(request.query, ("name",))
        return self._overview.one(found_name(required(request.query, "name")))

    def save(self, request: Request) -> Any:
        """Save a job or a list of them, all of them checked before the first is stored.

        With `check=1` they are only checked: a list too long for one request comes in several.
        """
        require_json(request)
        only(request.query, ("check",))
        if whole(request.query, "check", 0, 0, 1):
            check_all(self._edits, request.body)
            return []
        by, peer = asker(request), request.peer[0]
        return save_all(self._edits, request.body, by, peer, self._overview.warned_of)

    def explain(self, request: Request) -> Any:
        """The text of an expression and its next instants."""
        query = request.query
        only(query, ("expr", "name", "zone", "from", "count"))
        expr = required(query, "expr")
        if query.get("name"):
            expr = expand_hash(expr, found_name(query["name"]))
        schedule = parse_schedule(expr, query.get("zone") or self._zone)
        after = instant(query, "from", schedule.zone, self._now())
        due = schedule.between(after, LAST_INSTANT)
        count = whole(query, "count", 5, 0, MOST_INSTANTS)
        return {"text": describe(schedule), "next": list(itertools.islice(due, count))}

    def version(self, request: Request) -> Any:
        """The installed version of the product."""
        try:
            return {"version": importlib.metadata.version("fleetcron")}
        except importlib.metadata.PackageNotFoundError:
            return {"version": "unknown"}
