"""The six calls of the fixed interface, as its page, curl and the Go system's tools use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from common.constants import JOB_WORKER_DIR
from common.job import check_name, found_name, job_to_document, parse_object
from common.log_store import JobLogFilter, LogStore
from common.protocol import extract_worker_ip
from common.store import Store
from master.answers import answering
from master.asker import asker
from master.catalog import Catalog
from master.change_log import Asker
from master.edits import Edits
from master.inputs import required, whole
from master.kills import kill, known
from master.records import record_document
from master.refusals import NoSuchJob
from master.request import Request
from master.routes import Routes

PAGE_LIMIT = 1000
MOST_SKIPPED = 10**9


class FixedApi:
    """Answers the calls of the fixed interface out of the two stores; `now` gives epoch ms."""

    def __init__(
        self,
        store: Store,
        logs: LogStore,
        edits: Edits,
        catalog: Catalog,
        now: Callable[[], int],
    ) -> None:
        self._now = now
        self._store = store
        self._logs = logs
        self._edits = edits
        self._catalog = catalog

    def add_to(self, routes: Routes) -> None:
        """Put the six calls into the table."""
        routes.add("POST", "/job/save", answering(self.save))
        routes.add("POST", "/job/delete", answering(self.delete))
        routes.add("GET", "/job/list", answering(self.list))
        routes.add("POST", "/job/kill", answering(self.kill))
        routes.add("GET", "/job/log", answering(self.log))
        routes.add("GET", "/worker/list", answering(self.workers))

    def save(self, request: Request) -> Any:
        """Store the job in the form's `job`; the job that was there before, or null.

        Where that changes nothing, nothing is written.
        """
        given = parse_object(required(request.form, "job"), once=True)
        return self._edits.save(given, asker(request), request.peer[0]).before

    def delete(self, request: Request) -> Any:
        """Delete the job called `name`; that job, or null when there was none."""
        name = required(request.form, "name")
        return self._edits.delete(name, asker(request), request.peer[0])

    def list(self, request: Request) -> Any:
        """All jobs by name; keys whose value is malformed are left out."""
        return [job_to_document(item.job) for item in self._catalog.read() if item.job]

    def kill(self, request: Request) -> None:
        """End every run of the job called `name` that has begun."""
        asked = Asker(asker(request), self._now(), request.peer[0])
        kill(self._store, required(request.form, "name"), asked)

    def log(self, request: Request) -> Any:
        """A page of the records of the job called `name`, newest first."""
        name = found_name(required(request.query, "name"))
        skip = whole(request.query, "skip", 0, 0, MOST_SKIPPED)
        limit = whole(request.query, "limit", 20, 1, PAGE_LIMIT)
        page = self._logs.read(JobLogFilter(name), skip, limit)
        if not page and not self._has_log(name, skip):
            check_name(name)
            raise NoSuchJob(name)
        return [record_document(record) for record in page]

    def workers(self, request: Request) -> Any:
        """The registered workers, each by what stands after the directory in its key."""
        entries = self._store.snapshot(JOB_WORKER_DIR).entries
        return [extract_worker_ip(entry.key) for entry in entries]

    def _has_log(self, name: str, skip: int) -> bool:
        """Whether a job without records at this place may have a log all the same."""
        if skip and self._logs.read(JobLogFilter(name), 0, 1):
            return True
        return known(self._store, name)
