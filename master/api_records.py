"""The calls under /api/v1/ that find records: search, count, statistics, export."""

from __future__ import annotations

import logging
from typing import Any

from common import keys
from common.clock import Clock
from common.errors import InvalidField, StoreError
from common.job import found_name
from common.log_store import LogStore
from common.search import Found
from common.store import Store
from master.answers import answering
from master.export import exported
from master.inputs import instant, only, required, whole
from master.kills import known
from master.record_query import FILTERS, after_of, limit_of, refuse_empty, search_of
from master.records import record_document
from master.refusals import NoSuchJob
from master.request import Refused, Reply, Request
from master.routes import Routes
from master.searching import Matches, Searching, matching
from master.stats import stats_of

log = logging.getLogger(__name__)

MOST_COUNTED = 10_000
WORDS = ("text", "pattern")
"""What looks into outputs."""
FORMATS = ("jsonl", "csv")


class RecordsApi:
    """Answers out of the two stores; `zone` is the fleet's."""

    def __init__(self, store: Store, logs: LogStore, zone: str, clock: Clock) -> None:
        self._store, self._logs, self._zone, self._clock = store, logs, zone, clock
        self._searching = Searching(logs, clock)

    def add_to(self, routes: Routes) -> None:
        """Put the calls into the table."""
        routes.add("GET", "/api/v1/records", answering(self.records))
        routes.add("GET", "/api/v1/records/counts", answering(self.counts))
        routes.add("GET", "/api/v1/record", answering(self.record))
        routes.add("GET", "/api/v1/job/stats", answering(self.stats))
        routes.add("GET", "/api/v1/export", self.export)

    def records(self, request: Request) -> Any:
        """A page of records without their outputs, newest first, and where the next one begins.

        With `text` or `pattern` only those whose output matches; `looked` is at how many.
        `noSuchJob` where nothing is found and no job has the name that was given.
        """
        query = request.query
        only(query, (*FILTERS, *WORDS, "after", "limit"))
        after, limit = after_of(query), limit_of(query)
        matches = _matching(query)
        wanted = search_of(query, self._store, self._zone)
        if matches is None:
            found = self._logs.search(wanted, after, limit)
            looked = len(found.records)
        else:
            found, looked = self._searching.page(wanted, after, limit, matches)
        return _page(found, looked) | {"noSuchJob": not found.records and self._lacks(wanted.job)}

    def counts(self, request: Request) -> Any:
        """How many records each outcome has, at most 10,000; "" is for those that say none.

        `atLeast` names the outcomes that have as many or more, `unknown` those that take too long
        to count.
        """
        only(request.query, FILTERS)
        wanted = search_of(request.query, self._store, self._zone)
        counts = self._logs.counts(wanted, MOST_COUNTED)
        return {
            "counts": {outcome: count for outcome, count in counts.items() if count is not None},
            "atLeast": [outcome for outcome, count in counts.items() if count == MOST_COUNTED],
            "unknown": [outcome for outcome, count in counts.items() if count is None],
        }

    def record(self, request: Request) -> Any:
        """The whole record of the run called `id`."""
        only(request.query, ("id",))
        run_id = required(request.query, "id")
        found = self._logs.one(run_id)
        if found is None:
            raise Refused(404, f"there is no record of the run {run_id[:140]}")
        return record_document(found)

    def stats(self, request: Request) -> Any:
        """How the newest runs of the job called `name` went, at most 1,000, begun since then."""
        only(request.query, ("name", "since"))
        name = found_name(required(request.query, "name"))
        given = request.query.get("since")
        since = instant(request.query, "since", self._zone, 0) if given else None
        told = stats_of(self._logs, self._clock, name, since)
        if not told["runs"] and not known(self._store, name):
            raise NoSuchJob(name)
        return told

    def export(self, request: Request) -> Reply:
        """All records with their outputs as a file; a refusal has the usual shape.

        With `text` or `pattern` only those whose output matches, all that there are.
        """
        reply: list[Reply] = []

        def made(request: Request) -> None:
            reply.append(self._exported(request))

        refusal = answering(made)(request)
        return reply[0] if reply else refusal

    def _lacks(self, name: str) -> bool:
        """Whether it is known that no job has this name now."""
        try:
            return bool(name) and self._store.get(keys.job(name)) is None
        except StoreError as error:
            log.debug("it is not known whether there is a job %r: %s", name, error)
            return False

    def _exported(self, request: Request) -> Reply:
        query = request.query
        only(query, (*FILTERS, *WORDS, "format", "raw"))
        kind = query.get("format") or FORMATS[0]
        if kind not in FORMATS:
            raise InvalidField("format", f"{kind[:40]!r} is neither jsonl nor csv")
        raw = bool(whole(query, "raw", 0, 0, 1))
        matches = _matching(query)
        wanted = search_of(query, self._store, self._zone)
        return exported(self._logs, wanted, matches, kind, raw)


def _matching(query: dict[str, str]) -> Matches | None:
    refuse_empty(query, WORDS)
    return matching(query.get("text", ""), query.get("pattern", ""))


def _page(found: Found, looked: int) -> dict[str, Any]:
    return {
        "records": [record_document(record) for record in found.records],
        "next": None if found.next is None else str(found.next),
        "lookedTo": found.looked_to_ms,
        "looked": looked,
        "complete": found.complete,
    }
