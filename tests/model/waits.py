"""A run that is ours and waits: for its turn, or until a worker that may run it goes on with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from common import keys
from tests.model.host import Held
from tests.model.locks import is_kept
from tests.model.placement import heir
from tests.model.rules import Rule
from tests.model.steps import Errand, Machine
from tests.model.transactions import Entry, Read, Transaction
from tests.model.turn import handing_over, turning
from tests.model.values import NOT_STARTED, RUNNING

if TYPE_CHECKING:
    from tests.model.worker import Worker

NOBODY_FOR = 60_000
"""So long it waits for a worker that may run it."""


class Waits:
    """One worker's."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._world = worker.world
        self._on = worker.world.rules.on

    def wait(self, held: Held) -> Machine[None]:
        """Wait until the lock is free and the delay is over; then take the turn."""
        since, alone = self._world.agenda.now, 0
        while held.owed.incarnation == self._worker.incarnation:
            yield self._worker.nap(100, 800)
            if self._moved(held):
                self._world.count("waiting: moved by a late copy")  # the search ends it
                return
            if not self._may_start(held) or self._is_over(alone):
                self._world.count("waiting: called off")
                yield from self._worker.ends.finish(held, NOT_STARTED, started_by_us=False)
                return
            if self._is_early(held, since):
                continue
            to = heir(self._worker, held.owed.job.name)
            alone = 0 if to is not None else alone or self._world.agenda.now
            if to:
                over = yield from self._hand_over(held, to)
            else:
                over = to == "" and (yield from self._try(held))
            if over:
                return

    def _is_over(self, alone: int) -> bool:
        """Whether nobody has been there to run it for too long, since then."""
        return bool(alone) and self._world.agenda.now > alone + NOBODY_FOR

    def _moved(self, held: Held) -> bool:
        seen = self._worker.view.get(keys.run(held.owed.job.name, held.run))
        return bool(seen and seen.revision > held.revision) and self._on(Rule.WATCH_OWN)

    def _may_start(self, held: Held) -> bool:
        may_start = self._worker.view.may_start(held.owed, self._worker.wall)
        return may_start and not self._worker.runs.is_killed(held)

    def _is_early(self, held: Held, since: int) -> bool:
        if self._on(Rule.DELAY):
            early = self._world.agenda.now < since + held.owed.delay
        else:
            early = self._worker.wall < held.owed.until
        return early or not self._worker.ready() or not self._worker.has_room

    def _try(self, held: Held) -> Machine[bool]:
        """Whether it waits no longer: it ran, or is no longer ours."""
        lock = self._worker.view.get(keys.lock(held.owed.unit))
        kept = lock if is_kept(lock, self._world.rules) else None
        if held.owed.job.locks and lock and not kept:
            return False
        turn = yield from self._turn(held, kept)
        if turn and turn.owed.state == RUNNING:
            yield from self._worker.runs.launch(turn)
        return turn is None or turn.owed.state == RUNNING

    def _turn(self, held: Held, kept: Entry | None) -> Machine[Held | None]:
        """Waiting becomes running; the key as it then is, None when it is no longer ours."""
        start_by = self._worker.wall + held.owed.job.start_deadline
        owed = replace(held.owed, state=RUNNING, start_by=start_by)
        job = self._worker.view.get(keys.job(owed.job.name))
        revision = job.revision if job else 0
        transaction = turning(held, owed, revision, self._worker.lease, self._world.rules, kept)
        decision = yield from self._worker.claims.decide(
            transaction, held.run, owed, Errand.TURN, held.created
        )
        if decision.held:
            self._world.count("waiting: its turn")
            return decision.held
        run_key = keys.run(owed.job.name, held.run)
        answer = yield from self._worker.sure(Transaction((), (Read(run_key),)), Errand.TURN)
        entry = answer.reads[run_key] if answer else None
        if entry is None or entry.revision != held.revision:
            self._world.count("waiting: no longer ours")
            return None
        return held

    def _hand_over(self, held: Held, to: str) -> Machine[bool]:
        """Whether it is another's by now; who knows least says that it waits here still."""
        asked = handing_over(held, to, self._world.rules)
        until = self._worker.claims.expired(held.owed.incarnation)
        answer = yield from self._worker.sure(asked, Errand.HAND_OVER, until, batched=True)
        if answer is None:
            return False
        self._world.count(f"waiting: handed over{'' if answer.won else ', in vain'}")
        entry = answer.reads.get(keys.run(held.owed.job.name, held.run))
        return answer.won or entry is None or entry.revision != held.revision
