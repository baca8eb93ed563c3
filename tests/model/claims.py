"""The claim of a due instant, what becomes of a lost one, and how unknown outcomes are decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from common import keys
from tests.model.choice import Choice
from tests.model.claim import Wanted, giving_way, overlapping, taking
from tests.model.host import Held
from tests.model.jobs import Job
from tests.model.locks import is_kept
from tests.model.rows import Row
from tests.model.rules import Rule
from tests.model.steps import Errand, Machine, Post
from tests.model.store import Look
from tests.model.transactions import Answer, Entry, Transaction
from tests.model.values import MISSED, SKIPPED, WAITING, Lock, Owed, owed_at, same_claim

if TYPE_CHECKING:
    from tests.model.worker import Worker


@dataclass(frozen=True, slots=True)
class Decision:
    """The key if it is ours, and the answer that said so; None: no answer before we gave up."""

    held: Held | None
    answer: Answer | None = None


class Claims:
    """One worker's."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._world = worker.world
        self._on = worker.world.rules.on

    def claim(self, wanted: Wanted) -> Machine[None]:
        """Claim the instant, and see it through if it is ours."""
        self._worker.known.add(wanted.run)
        held = None
        before = None
        if not wanted.owed.outcome and self._on(Rule.GIVE_WAY):
            before = yield from self.waiting(wanted.job, wanted.unit)
        early = self._worker.wall < wanted.due or wanted.choice.caught_up
        if before is None or not early:
            decision = yield from self._attempt(wanted, before)
            held = decision.held
            if decision.answer and not held:
                held = yield from self._lost(wanted, decision.answer)
        self._worker.busy.discard(wanted.unit)
        if held:
            self._learn(wanted, wanted.due)
            self._world.count("claim: won" + (", with a gap" if held.owed.gap else ""))
            yield from self._worker.runs.go_on(held)
        self._worker.known.discard(wanted.run)

    def _attempt(self, wanted: Wanted, before: tuple[str, Entry] | None) -> Machine[Decision]:
        """Claim it; a lock that is only kept after its run's end is taken over as it was seen."""
        decision, kept = Decision(None), None
        while decision.answer is None or kept:
            asked, owed = self._first(wanted, before, kept)
            decision = yield from self.decide(asked, wanted.run, owed, Errand.CLAIM)
            if decision.held or decision.answer is None or wanted.owed.outcome:
                break
            reads, lock = decision.answer.reads, decision.answer.reads.get(keys.lock(wanted.unit))
            job, fired = (reads.get(key) for key in self._keys(wanted))
            same = job and fired and (job.revision, fired.value) == (wanted.revision, wanted.fired)
            kept = lock if same and is_kept(lock, self._world.rules) else None
        return decision

    def _first(
        self, wanted: Wanted, before: tuple[str, Entry] | None, kept: Entry | None
    ) -> tuple[Transaction, Owed]:
        """What is tried first, and what the run's key says then: who waits comes before."""
        if before is None:
            return taking(wanted, self._world.rules, kept), wanted.owed
        self._world.count("claim: gives way to who waits")
        run, entry = before
        key = keys.run(wanted.job.name, run)
        asked = giving_way(wanted, key, entry, self._world.rules, kept)
        return asked, wanted.owed.ended(SKIPPED)

    def decide(
        self, transaction: Transaction, run: str, owed: Owed, errand: Errand, created: int = 0
    ) -> Machine[Decision]:
        """Whether the transaction made the run's key ours, by now or by an earlier copy.

        `created` is the revision that created the key, 0 if this one would.
        """
        if not self._on(Rule.RESEND):
            answer: Answer | None = yield Post(transaction, errand)
            if answer is None:
                return (yield from self._decide_by_read(run, owed))
        else:
            until = self.expired(owed.incarnation)
            answer = yield from self._worker.sure(transaction, errand, until, batched=True)
        if answer is None:
            return Decision(None)
        if answer.won:
            return Decision(Held(run, owed, answer.revision, created or answer.revision), answer)
        entry = answer.reads.get(keys.run(owed.job.name, run))
        return Decision(self._ours(run, owed, entry), answer)

    def expired(self, incarnation: str) -> Callable[[], bool]:
        """Tells whether what this incarnation asked for is to be given up."""
        return lambda: not self._worker.holds(incarnation)

    def _ours(self, run: str, owed: Owed, entry: Entry | None) -> Held | None:
        if entry is None or not same_claim(entry.value, owed):
            return None
        self._world.count("claim: ours already")
        return Held(run, owed, entry.revision, entry.created)

    def _decide_by_read(self, run: str, owed: Owed) -> Machine[Decision]:
        """What a worker does that does not send again: it may read before a late copy arrives."""
        self._world.count("claim: decided by a read")
        expired, read = self.expired(owed.incarnation), keys.run(owed.job.name, run)
        while not expired():
            call = partial(self._world.store.read, read)
            found: tuple[Entry | None] | None = yield self._worker.ask_store(call, Errand.CLAIM)
            if found:
                return Decision(self._ours(run, owed, found[0]))
        return Decision(None)

    def want(self, unit: str, row: Row, job: Job, choice: Choice) -> Wanted:
        """The chosen instant, by what is known of the job now."""
        since = self._worker.wall if choice.caught_up else choice.due
        owed = owed_at(job, unit, choice.due, self._worker.incarnation, since)
        if self._on(Rule.GAP):
            owed = replace(owed, gap=choice.gap)
        if choice.missed:
            self._world.count(f"missed: {choice.missed}")
            owed = owed.ended(MISSED)
        fired, lease = row.fired[unit], self._worker.lease
        return Wanted(row, job, row.revision, unit, fired, choice, owed, lease)

    def _lost(self, wanted: Wanted, answer: Answer) -> Machine[Held | None]:
        """Learn from what stood in the way; if it was the lock alone, settle the overlap."""
        job, fired = (answer.reads.get(key) for key in self._keys(wanted))
        if job is None or job.revision != wanted.revision or fired is None:
            return None
        self._learn(wanted, fired.value)
        if fired.value != wanted.fired:
            self._world.count("claim: settled by another")
            return None
        lock = answer.reads.get(keys.lock(wanted.unit))
        if lock is None or not wanted.job.locks or wanted.owed.outcome:
            return None
        caught_up = wanted.choice.caught_up
        if self._worker.wall < wanted.due or caught_up:
            self._world.count(f"claim: lock held, {'caught up' if caught_up else 'too early'}")
            return None
        return (yield from self._overlap(wanted, lock.value))

    def _keys(self, wanted: Wanted) -> tuple[str, str]:
        return keys.job(wanted.job.name), keys.fired(wanted.unit)

    def _overlap(self, wanted: Wanted, lock: Lock) -> Machine[Held | None]:
        """The job still runs: this instant is skipped, or waits for its turn."""
        before = yield from self.waiting(wanted.job, wanted.unit)
        waits = wanted.job.overlap != "skip" and before is None and bool(lock.run)
        if lock.ended:
            self._world.witness.bad("skipped for a run that was over", wanted.run)
        self._world.count("overlap: " + (wanted.job.overlap if waits else "skipped"))
        transaction, owed = overlapping(wanted, lock.run, waits, self._world.rules)
        decision = yield from self.decide(transaction, wanted.run, owed, Errand.CLAIM)
        return decision.held

    def waiting(self, job: Job, unit: str) -> Machine[tuple[str, Entry] | None]:
        """The run of the unit that waits to be the next, and its key, as the store says now."""
        seen: Look | None = None
        while job.overlap in ("queue", "replace") and seen is None:
            seen = yield self._worker.ask_store(self._world.store.look, Errand.LOOK)
        for rest, entry in seen.view.kind("runs").items() if seen else ():
            first = entry.value.state == WAITING and not entry.value.attempt
            if first and rest.startswith(f"{job.name}/{unit}@"):
                return rest.partition("/")[2], entry
        return None

    def _learn(self, wanted: Wanted, fired: int) -> None:
        """The watermark of the job as it was claimed."""
        if wanted.row.revision == wanted.revision:
            wanted.row.settle(wanted.unit, fired)
