"""Saving and deleting jobs: each one transaction that also settles what the old job owed.

The watermark only grows: where a schedule or zone changes, a job comes or goes, it is moved to
now, and instants that the old version still owed are left under /cron/runs/ as missed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from common import keys
from common.job import Job, check_name, found_name, pack_job
from common.store import Delete, Operation, Put, Store, Transaction
from master.audit_box import audited, edit_entry, room_of
from master.change_log import Asker, change_of, logged
from master.draft import draft
from master.eligible import beginners
from master.refusals import NoSuchJob
from master.rest import Rest
from master.restored import Whole, refuse_another, restored
from master.settle import Edit, Saved, follow, settle
from master.standing import Standing, job_of, read_standing
from master.turns import Turns
from master.units import AT_ONCE, Edited, Moves, has_shares, shares_of

log = logging.getLogger(__name__)

CHANGED = "the job was changed before this instant was started"
PAUSED = "the job was paused before this instant was started"
DELETED = "the job was deleted before this instant was started"


Made = Callable[[Standing, Asker], Job | None]
"""Makes the job to store of what stands; None when nothing is to be stored."""


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

    def save(self, given: Mapping[str, Any], by: str = "", peer: str = "") -> Saved:
        """Store a job's fields over those that are there.

        Fields that are not given stay as they were. `by` is who asked, `peer` from which address.
        """
        name = found_name(given.get("name"))

        def made(standing: Standing, asked: Asker) -> Job:
            return draft(standing.job, given, self._zone, asked)

        saved = self._store_job(name, made, by, peer)
        if saved.changed:
            log.info("job=%s saved by %s", name, by or "?")
        return saved

    def alter(
        self,
        name: str,
        given: Callable[[Job], Mapping[str, Any] | None],
        by: str = "",
        peer: str = "",
    ) -> bool:
        """Store the fields that `given` makes of the job that is there; False where it made None,
        or they are so already.

        NoSuchJob; InvalidField also when what is there is no job.
        """

        def made(standing: Standing, asked: Asker) -> Job | None:
            if standing.entry is None:
                raise NoSuchJob(name)
            fields = given(job_of(name, standing.entry))
            return None if fields is None else draft(standing.job, fields, self._zone, asked)

        done = self._store_job(found_name(name), made, by, peer).changed
        if done:
            log.info("job=%s changed by %s", name, by or "?")
        return done

    def restore(self, whole: Whole, by: str = "", peer: str = "") -> bool:
        """Make a job what a whole document says; False where it is that already.

        What the document lacks is set back to its default.
        """
        name = found_name(whole.document.get("name"))
        made = partial(restored, whole)
        done = self._store_job(name, made, by, peer, whole.of).changed
        if done:
            log.info("job=%s restored from %s by %s", name, whole.of, by or "?")
        return done

    def would_restore(self, whole: Whole) -> tuple[bool, int]:
        """Whether `restore` would change something now, and the revision of the job that is there.

        Nothing is changed. Errors as there.
        """
        standing = read_standing(self._store, found_name(whole.document.get("name")))
        job = restored(whole, standing, Asker("", self._now()))
        if job is not None and self._moves(standing, job):
            self._required()
        return job is not None, standing.revision

    def delete(
        self, name: str, by: str = "", peer: str = "", base: int | None = None
    ) -> Mapping[str, Any] | None:
        """Remove a job; the job that was there, or None when there was none.

        ChangedMeanwhile where it is at another revision than `base`, None: any. Its watermark
        stays for a day, so that a job made anew does not run an instant again.
        """
        with self._turns.of(name):
            if self._store.get(keys.job(found_name(name))) is None:
                check_name(name)
                return None
            asked = Asker(by, self._now(), peer)
            edit = self._settle(name, partial(self._deleting, asked, base))
        log.info("job=%s %s", name, f"deleted by {by or '?'}" if edit else "was deleted by another")
        return edit.before if edit else None

    def _settle(self, name: str, plan: Callable[[Standing, Rest], Edit | None]) -> Edit | None:
        with Rest(self._store) as rest:
            edit = settle(self._store, name, lambda standing: plan(standing, rest))
            rest.used = edit is not None
        if edit and edit.edited:
            follow(self._store, edit, edit.edited)
        return edit

    def _store_job(self, name: str, made: Made, by: str, peer: str, restores: str = "") -> Saved:
        before: Mapping[str, Any] | None = None

        def plan(standing: Standing, rest: Rest) -> Edit | None:
            nonlocal before
            asked = Asker(by, self._now(), peer, restores)
            job = made(standing, asked)
            before = standing.document
            if job is None or (job == standing.job and not self._moves(standing, job)):
                return None
            return self._saving(standing, job, asked, rest)

        with self._turns.of(name):
            edit = self._settle(name, plan)
        return Saved(edit.before if edit else before, edit is not None)

    def _saving(self, standing: Standing, job: Job, asked: Asker, rest: Rest) -> Edit:
        value = pack_job(job)
        puts, edited, moves = [Put(keys.job(job.name), value)], None, Moves()
        if self._moves(standing, job):
            reason = PAUSED if job.rests_until > asked.at else CHANGED
            edited, moves = self._moving(standing, job, reason, rest)
        puts += moves.puts
        change = change_of(standing.job, job, asked)
        puts += logged(self._store, standing.name, change)
        entry = edit_entry(standing, value, change, asked)
        puts.append(audited(entry, puts, room_of(self._store)))
        base = standing.entry.revision if standing.entry else 0

        def shows(later: Standing) -> bool:
            entry = later.entry
            return entry is not None and entry.revision > base and entry.value == value

        done = Transaction((*standing.unchanged, *moves.compares), tuple(puts))
        return Edit(done, standing.document, shows, edited)

    def _deleting(
        self, asked: Asker, base: int | None, standing: Standing, rest: Rest
    ) -> Edit | None:
        if standing.entry is None:
            return None
        refuse_another(base, standing)
        edited, moves = self._moving(standing, None, DELETED, rest)
        change = change_of(standing.job, None, asked)
        told = logged(self._store, standing.name, change, rest.lease)
        entry = edit_entry(standing, None, change, asked)
        told += (audited(entry, (*moves.puts, *told), room_of(self._store)),)
        done: tuple[Operation, ...] = (Delete(keys.job(standing.name)), *moves.puts, *told)

        def shows(later: Standing) -> bool:
            kept = later.fired is not None and later.fired.lease == rest.lease
            return later.entry is None and kept

        unchanged = (*standing.unchanged, *moves.compares)
        return Edit(Transaction(unchanged, done), standing.document, shows, edited)

    def _moves(self, standing: Standing, job: Job) -> bool:
        """Whether a save of `job` moves the watermark: it is new, or its instants change."""
        before = standing.job
        if before is None or (standing.fired and standing.watermark is None):
            return True
        was = (before.cron_expr, before.timezone or self._zone, before.rests_until, before.hosts)
        return was != (job.cron_expr, job.timezone, job.rests_until, job.hosts)

    def _moving(
        self, standing: Standing, job: Job | None, reason: str, rest: Rest
    ) -> tuple[Edited | None, Moves]:
        """What moves the watermarks of the job's units, and the edit where not all of them do."""
        now, before, was = self._required(), standing.owing(self._zone), standing.job
        begin = beginners(self._store, was, job)
        edited = Edited(standing.name, was, job, before, now, reason, rest, begin)
        found = shares_of(self._store, standing.name) if has_shares(was, job) else {}
        shares = edited.concerned(found)
        moves = edited.moves(shares[:AT_ONCE])
        own = edited.own(standing.fired, standing.watermark)
        return edited if shares[AT_ONCE:] else None, replace(moves, puts=(*own, *moves.puts))
