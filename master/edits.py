"""Saving and deleting jobs: each one transaction that also settles what the old job owed.

The watermark only grows: where a schedule or zone changes, a job comes or goes, it is moved to
now, and instants that the old version still owed are left under /cron/runs/ as missed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from common import keys
from common.constants import FORGET_WATERMARK_SECONDS
from common.errors import StoreError
from common.job import Job, check_name, found_name, pack_job
from common.moving import due_since, moving
from common.store import Delete, Operation, Put, Store, Transaction
from master.change_log import Asker, change_of, logged
from master.draft import draft
from master.refusals import NoSuchJob, OutcomeUnknown
from master.settle import Edit, settle
from master.standing import Standing, job_of, read_standing
from master.turns import Turns

log = logging.getLogger(__name__)

CHANGED = "the job was changed before this instant was started"
PAUSED = "the job was paused before this instant was started"
DELETED = "the job was deleted before this instant was started"


class Edits:
    """Changes jobs in the store; safe to be used by many threads and many masters at once.

    `zone` is the fleet's time zone, `now` gives epoch ms; where a watermark is moved, `required`
    gives it or raises ClockOff (None: `now` will always do). Errors: InvalidField when the input
    is refused, ClockOff, Contended and the store's errors when nothing was changed, OutcomeUnknown.
    """

    def __init__(
        self,
        store: Store,
        zone: str,
        now: Callable[[], int],
        required: Callable[[], int] | None = None,
    ) -> None:
        self._store = store
        self._zone = zone
        self._now = now
        self._required = required or now
        self._turns = Turns()

    def check(self, given: Mapping[str, Any]) -> Job:
        """The job that a save of these fields would store now; nothing is changed."""
        standing = read_standing(self._store, found_name(given.get("name")))
        job = draft(standing.job, given, self._zone, Asker("", self._now()))
        if self._moves(standing, job):
            self._required()
        return job

    def save(self, given: Mapping[str, Any], by: str = "") -> Mapping[str, Any] | None:
        """Store a job's fields over those that are there; the job that was there before, or None.

        Fields that are not given stay as they were. `by` is who asked.
        """
        name = found_name(given.get("name"))
        with self._turns.of(name):
            edit = settle(self._store, name, lambda standing: self._saving(standing, given, by))
        log.info("job=%s saved", name)
        return edit.before if edit else None

    def alter(
        self, name: str, given: Callable[[Job], Mapping[str, Any] | None], by: str = ""
    ) -> bool:
        """Store the fields that `given` makes of the job that is there; False: it made None.

        NoSuchJob; InvalidField also when what is there is no job.
        """

        def plan(standing: Standing) -> Edit | None:
            if standing.entry is None:
                raise NoSuchJob(name)
            fields = given(job_of(name, standing.entry))
            return None if fields is None else self._saving(standing, fields, by)

        with self._turns.of(name):
            return settle(self._store, found_name(name), plan) is not None

    def delete(self, name: str, by: str = "") -> Mapping[str, Any] | None:
        """Remove a job; the job that was there, or None when there was none.

        Its watermark stays for a day, so that a job made anew does not run an instant again.
        """
        with self._turns.of(name):
            if self._store.get(keys.job(found_name(name))) is None:
                check_name(name)
                return None
            edit = self._delete(name, by, self._store.grant(FORGET_WATERMARK_SECONDS))
        log.info("job=%s %s", name, "deleted" if edit else "was deleted by another")
        return edit.before if edit else None

    def _delete(self, name: str, by: str, lease: int) -> Edit | None:
        used = False
        try:
            edit = settle(self._store, name, lambda standing: self._deleting(standing, by, lease))
            used = edit is not None
            return edit
        except OutcomeUnknown:
            used = True
            raise
        finally:
            if not used:
                self._give_up(lease)

    def _saving(self, standing: Standing, given: Mapping[str, Any], by: str) -> Edit:
        asked = Asker(by, self._now())
        job = draft(standing.job, given, self._zone, asked)
        value = pack_job(job)
        puts = [Put(keys.job(job.name), value)]
        if self._moves(standing, job):
            puts += self._moving(standing, PAUSED if job.rests_until > asked.at else CHANGED)
        puts += logged(self._store, standing.name, change_of(standing.job, job, asked))
        base = standing.entry.revision if standing.entry else 0

        def shows(later: Standing) -> bool:
            entry = later.entry
            return entry is not None and entry.revision > base and entry.value == value

        return Edit(Transaction(standing.unchanged, tuple(puts)), standing.document, shows)

    def _deleting(self, standing: Standing, by: str, lease: int) -> Edit | None:
        if standing.entry is None:
            return None
        moved = self._moving(standing, DELETED, lease)
        change = change_of(standing.job, None, Asker(by, self._now()))
        moved += logged(self._store, standing.name, change, lease)
        done: tuple[Operation, ...] = (Delete(keys.job(standing.name)), *moved)

        def shows(later: Standing) -> bool:
            kept = later.fired is not None and later.fired.lease == lease
            return later.entry is None and kept

        return Edit(Transaction(standing.unchanged, done), standing.document, shows)

    def _moves(self, standing: Standing, job: Job) -> bool:
        """Whether a save of `job` moves the watermark: it is new, or its instants change."""
        before = standing.job
        if before is None or (standing.fired and standing.watermark is None):
            return True
        was = (before.cron_expr, before.timezone or self._zone)
        fired = standing.watermark or 0
        rests = (due_since(fired, each.rests_until) for each in (before, job))
        return was != (job.cron_expr, job.timezone) or len(set(rests)) > 1

    def _moving(self, standing: Standing, reason: str, lease: int = 0) -> tuple[Put, ...]:
        now, before = self._required(), standing.owing(self._zone)
        return moving(standing.name, standing.watermark, now, before, reason, lease)

    def _give_up(self, lease: int) -> None:
        try:
            self._store.revoke(lease)
        except StoreError as error:
            log.debug("an unused lease is left to run out: %s", error)
