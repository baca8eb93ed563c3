"""How the end of a run is written and recorded, and when its key goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from common import keys
from tests.model.ending import Ending, acknowledging, finishing, finishing_lost
from tests.model.host import Held, Kept
from tests.model.log_store import Record
from tests.model.rules import Rule
from tests.model.steps import Ask, Errand, Machine, Server
from tests.model.transactions import Answer, Put, Transaction
from tests.model.values import FAILED, LOST, MISSED, RUNNING, UNKNOWN, WAITING, Owed

if TYPE_CHECKING:
    from tests.model.worker import Worker

RERUNS = 3


@dataclass(frozen=True, slots=True)
class Written:
    """`revision` of the key as we ended it, 0 if it was ended before.

    `lost`: our incarnation was over, so that another may have started the next instant.
    """

    revision: int
    lost: bool = False


class Ends:
    """One worker's."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._world = worker.world
        self._on = worker.world.rules.on

    def finish(self, held: Held, outcome: str, started_by_us: bool = True) -> Machine[None]:
        """Write the end, record it, and let the key go when the record is acknowledged.

        What is not surely ours is recorded only if we wrote the end.
        """
        fallback = self._worker.fallback
        early = started_by_us and self._worker.random.random() < self._world.provocation.early
        if early:
            yield from self._record(held, outcome, lost=False)
        goes = early or not self._on(Rule.ACKNOWLEDGE) or fallback.lets_go(held.run)
        ending = self._ending(held, outcome, goes)
        written = yield from self._write(ending)
        self._count(written)
        if not written.revision and not started_by_us:
            return
        if written.revision and not (written.lost or ending.goes):
            fallback.stands(held.run, ending.run_key, written.revision)
        if not early or written.lost:
            yield from self._record(held, outcome, written.lost)
        if written.revision and (written.lost or not ending.goes):
            yield from self._acknowledge(ending.run_key, written.revision)
        fallback.recorded(held.run)
        if ending.retry and written.revision and not self._on(Rule.RETRY_KEY):
            yield from self._retry_from_memory(*ending.retry)

    def close(self, held: Held) -> Machine[None]:
        """Record an ended key of ours whose run is not in our hands, without output."""
        lost = held.owed.lost or held.owed.outcome == LOST
        record = _record(held.owed, held.owed.outcome, lost)
        log = self._world.log
        yield from self._record_gap(held)
        write = log.insert_lost if record.lost else log.insert
        yield from self._log(partial(write, held.run, record))
        yield from self._acknowledge(keys.run(held.owed.job.name, held.run), held.revision)

    def tell_again(self, kept: Kept) -> Machine[None]:
        """Record what the disk has of a life before the boot: its key is another's by now."""
        self._world.count("spool: told again")
        yield from self._record(kept.held, kept.outcome, lost=False)
        self._worker.fallback.recorded(kept.held.run)

    def next_attempt(self, run: str, owed: Owed) -> tuple[str, Owed]:
        """Run id and key of the retry after this attempt."""
        number, delay = owed.attempt + 1, self._worker.random.randint(500, 5000)
        again = replace(
            owed,
            attempt=number,
            state=WAITING,
            outcome="",
            gap=(),
            incarnation=self._worker.incarnation,
            delay=delay,
            until=self._worker.wall + delay,
        )
        return f"{run.partition('+')[0]}+{number}", again

    def _ending(self, held: Held, outcome: str, goes: bool) -> Ending:
        owed, retry = held.owed.ended(outcome), None
        failed = outcome == FAILED and owed.attempt < owed.job.retries
        unknown = outcome == UNKNOWN and self._on(Rule.RERUN_UNKNOWN)
        if failed or (unknown and reruns(owed)):
            retry = self.next_attempt(held.run, owed)
            self._world.count("retry")
        return Ending(held, owed, goes, retry)

    def _write(self, ending: Ending) -> Machine[Written]:
        """Write the end, never over what another wrote meanwhile; without the lock if it went."""
        unlock = ending.held.owed.state == RUNNING and ending.owed.job.locks
        mark = self._worker.marks.mark(ending.held) if unlock else None
        while True:
            answer = yield from self._sure(finishing(ending, unlock, self._world.rules, mark))
            if mark:
                self._worker.marks.kept(ending.held, mark)
            if answer.won:
                return Written(answer.revision)
            self._worker.marks.drop(ending.held)
            entry = answer.reads.get(ending.run_key)
            if entry is not None and entry.value in (ending.owed, ending.owed_lost):
                return Written(entry.revision, entry.value.lost)
            if entry is None or entry.revision != ending.held.revision:
                # An earlier copy or life of ours was here, or another, who then sets the mark.
                return Written(0)
            if answer.reads.get(ending.alive_key) is None and self._on(Rule.FINISH_ALIVE):
                return (yield from self._write_lost(ending))
            unlock, mark = False, None

    def _write_lost(self, ending: Ending) -> Machine[Written]:
        """Our incarnation is over: its lock went with it."""
        answer = yield from self._sure(finishing_lost(ending, self._world.rules))
        entry = answer.reads.get(ending.run_key)
        if not answer.won and entry and entry.value == ending.owed_lost:
            return Written(entry.revision, lost=True)
        return Written(answer.revision if answer.won else 0, lost=True)

    def _sure(self, transaction: Transaction) -> Machine[Answer]:
        answer = yield from self._worker.sure(transaction, Errand.END, batched=True)
        assert answer is not None
        return answer

    def _acknowledge(self, run_key: str, revision: int) -> Machine[None]:
        """The log store has the record: nothing is owed any more."""
        yield from self._sure(acknowledging(run_key, revision))

    def _count(self, written: Written) -> None:
        whose = "ours" if written.revision else "written before, or by another"
        self._world.count(f"finish: {whose}" + (", outlived its lease" if written.lost else ""))

    def _retry_from_memory(self, run: str, owed: Owed) -> Machine[None]:
        yield self._worker.nap(1000, 5000)
        self._worker.known.add(run)
        owed = replace(owed, incarnation=self._worker.incarnation)
        put = Put(keys.run(owed.job.name, run), owed)
        answer = yield from self._sure(Transaction((), (put,)))
        yield from self._worker.waits.wait(Held(run, owed, answer.revision, answer.revision))

    def _record(self, held: Held, outcome: str, lost: bool) -> Machine[None]:
        yield from self._record_gap(held)
        record = _record(held.owed, outcome, lost)
        yield from self._log(partial(self._world.log.write_true, held.run, record))

    def _record_gap(self, held: Held) -> Machine[None]:
        if held.owed.gap:
            covers = held.owed.gap
            gap = replace(_record(held.owed, MISSED, lost=False), covers=covers)
            yield from self._log(partial(self._world.log.insert, f"gap:{held.run}", gap))

    def _log(self, write: partial[bool]) -> Machine[None]:
        while (yield Ask(Server.LOG, write, Errand.RECORD)) is None:
            self._world.count("log store: no answer")
            yield self._worker.nap(200, 3000)


def _record(owed: Owed, outcome: str, lost: bool) -> Record:
    return Record(owed.unit, owed.due, owed.attempt, owed.manual, outcome, lost)


def reruns(owed: Owed) -> bool:
    """Whether a run of which nobody knows how it ended, or whether it began, is run again."""
    return owed.job.rerun_lost and owed.attempt < max(owed.job.retries, RERUNS)
