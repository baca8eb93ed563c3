"""Run now: puts triggers, which the workers take up."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from common import keys
from common.audit import RUN, AuditEntry
from common.errors import StoreLost
from common.job import Job, check_name, found_name
from common.schedule import parse_schedule
from common.store import Absent, Compare, Put, RevisionIs, Store, Transaction
from common.trigger import LASTS_MS, Trigger, pack
from master.audit_box import audited
from master.names import in_a_row
from master.refusals import Contended, NoSuchJob, NoSuchRun, OutcomeUnknown
from master.registered import registered
from master.run_places import check_place, doubts, meant, on_host, shares, without_room
from master.run_states import RunStates
from master.standing import job_of

log = logging.getLogger(__name__)

ATTEMPTS = 5
AT_ONCE = 100
"""So many triggers go into one transaction; etcd's limit is 128 operations."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who asked for which job, and where: a `worker`, a `host`, or "" for either.

    `peer` is the address from which it was asked.
    """

    name: str
    by: str
    worker: str = ""
    host: str = ""
    peer: str = ""


class RunNow:
    """Asks for runs. `required` gives epoch ms by a clock that is to be trusted, or raises."""

    def __init__(
        self, store: Store, states: RunStates, zone: str, required: Callable[[], int]
    ) -> None:
        self._store = store
        self._states = states
        self._zone = zone
        self._required = required

    def ask(self, wish: Wish) -> list[str]:
        """The ids of the runs that were asked for: one, or one for each share of the job.

        NoSuchJob, InvalidField where the job cannot run at all or not there, ClockOff and the
        store's errors: nothing was asked. OutcomeUnknown.
        """
        found_name(wish.name)
        for _ in range(ATTEMPTS):
            runs = self._ask(wish)
            if runs is not None:
                log.info("job=%s run now, by %s: %s", wish.name, wish.by, ", ".join(runs))
                return runs
        raise Contended(f"others keep changing the job {wish.name[:140]!r}; nothing was asked")

    def doubts(self, wish: Wish) -> list[str]:
        """What is to be said to who asks for a run that nobody, or too few, may take up now."""
        entry = self._store.get(keys.job(found_name(wish.name)))
        if entry is None:
            return []
        job, there = job_of(wish.name, entry), registered(self._store)
        if wish.worker or wish.host:
            return without_room(job, meant(there, wish.worker, wish.host))
        return doubts(job, there)

    def _ask(self, wish: Wish) -> list[str] | None:
        """None where the job changed meanwhile."""
        entry = self._store.get(keys.job(wish.name))
        if entry is None:
            check_name(wish.name)
            raise NoSuchJob(wish.name)
        job = job_of(wish.name, entry)
        parse_schedule(job.cron_expr, job.timezone or self._zone)
        triggers = self._triggers(job, wish)
        runs: list[str] = []
        for start in range(0, len(triggers), AT_ONCE):
            part = [(secrets.token_hex(4), each) for each in triggers[start : start + AT_ONCE]]
            if not self._put(wish, entry.revision, part):
                # What is asked already stays: the job may be asked for its other shares again.
                return runs or None
            runs += [trigger.run_id(wish.name, identity) for identity, trigger in part]
        return runs

    def _put(self, wish: Wish, revision: int, part: Sequence[tuple[str, Trigger]]) -> bool:
        name = wish.name
        puts = tuple(Put(keys.trigger(name, identity), pack(each)) for identity, each in part)
        compares: tuple[Compare, ...] = (RevisionIs(keys.job(name), revision),)
        compares += tuple(Absent(each.key) for each in puts)
        try:
            told = (*puts, audited(_entry(wish, part), puts))
            return self._store.commit(Transaction(compares, told)).won
        except StoreLost as error:
            # Never sent again: a trigger that was taken up meanwhile would be put anew.
            log.warning("job=%s: no answer to a run now (%s); looking for it", name, error)
            identity, trigger = part[0]
            try:
                self._states.read(name, trigger.run_id(name, identity))
            except NoSuchRun:
                text = f"it is not known whether the run was asked for ({error})"
                raise OutcomeUnknown(text) from error
            return True

    def _triggers(self, job: Job, wish: Wish) -> list[Trigger]:
        there, worker, host = registered(self._store), wish.worker, wish.host
        if worker or host:
            check_place(job, there, worker, host)
        if host and job.hosts != "any":
            # Each share of such a job has its own worker.
            worker, host = on_host(job, there, host), ""
        now = self._required()
        return [
            Trigger(now, now + LASTS_MS, wish.by, where, host, share)
            for share, where in shares(job, there, worker)
        ]


def _entry(wish: Wish, part: Sequence[tuple[str, Trigger]]) -> AuditEntry:
    runs = in_a_row(trigger.run_id(wish.name, identity) for identity, trigger in part)
    return AuditEntry(
        at=part[0][1].at,
        what=RUN,
        by=wish.by,
        peer=wish.peer,
        job=wish.name,
        run_id=runs,
        worker=wish.worker or wish.host,
    )
