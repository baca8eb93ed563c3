"""Jobs as people want to see them: what they mean, when they are due, how they ended last."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from common import keys
from common.describe import describe
from common.errors import InvalidField, LogStoreError
from common.job import Job, check_name, job_to_document
from common.log_store import LogStore
from common.moving import due_since
from common.record import JobLog
from common.schedule import parse_schedule
from common.store import Store
from master.catalog import Catalog, Listed, listed
from master.eligible import warned_of
from master.mixed import unheard_of
from master.records import record_document
from master.refusals import NoSuchJob
from master.unmatched import unmatched_of

log = logging.getLogger(__name__)

Shown = dict[str, Any]


class Overview:
    """Puts definitions, schedules and last records together; `now` gives epoch ms."""

    def __init__(
        self, store: Store, logs: LogStore, catalog: Catalog, zone: str, now: Callable[[], int]
    ) -> None:
        self._store = store
        self._logs = logs
        self._catalog = catalog
        self._zone = zone
        self._now = now

    def all(self) -> list[Shown]:
        """Every key under /cron/jobs/ by name; the last records come without their output."""
        items = sorted(self._catalog.read(), key=lambda item: item.name)
        last, problem = self._last([item.name for item in items if item.job])
        return [self._shown(item, last, problem, output=False) for item in items]

    def one(self, name: str) -> Shown:
        """One of them, with what is unwise about it (`warned_of`); NoSuchJob."""
        entry = self._store.get(keys.job(name))
        if entry is None:
            check_name(name)
            raise NoSuchJob(name)
        last, problem = self._last([name])
        item = listed(entry)
        shown = self._shown(item, last, problem, output=True)
        return shown | {"warnings": self.warned_of([item.job])[0] if item.job else []}

    def warned_of(self, jobs: Sequence[Job]) -> list[list[str]]:
        """For each job what is unwise about where it is to run and what it looks for in outputs,
        and what Go workers do not heed.
        """
        told = (warned_of(self._store, jobs), unheard_of(self._store, jobs), unmatched_of(jobs))
        return [list(chain(*said)) for said in zip(*told, strict=True)]

    def _last(self, names: Sequence[str]) -> tuple[Mapping[str, JobLog], str]:
        """The last records, and "" or why they are not known: jobs are shown without them."""
        try:
            return (self._logs.latest(names) if names else {}), ""
        except LogStoreError as error:
            log.warning("jobs are shown without their last records: %s", error)
            return {}, str(error)

    def _shown(self, item: Listed, last: Mapping[str, JobLog], problem: str, output: bool) -> Shown:
        if item.job is None:
            return {"job": {"name": item.name}, "invalid": item.invalid}
        record = last.get(item.name)
        shown: Shown = {
            "job": job_to_document(item.job),
            "next": None,
            "last": record_document(record, output) if record else None,
            "text": "",
        }
        if problem:
            shown["lastUnknown"] = problem
        try:
            schedule = parse_schedule(item.job.cron_expr, item.job.timezone or self._zone)
        except InvalidField as error:
            return shown | {"invalid": str(error)}
        now_ms, rests_until = self._now(), item.job.rests_until
        following = schedule.next_after(due_since(now_ms, rests_until))
        told = {"next": following, "text": describe(schedule), "pausedNow": rests_until > now_ms}
        return shown | told
