"""Too many keys wait for the log store: those go whose ends the host's disk has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.model.ending import acknowledging
from tests.model.host import Held, Kept
from tests.model.rules import Rule
from tests.model.steps import Errand, Machine

if TYPE_CHECKING:
    from tests.model.worker import Worker


@dataclass(frozen=True, slots=True)
class Standing:
    """An ended key of ours that waits for the log store."""

    run: str
    run_key: str
    revision: int


class Fallback:
    """One worker's; it does nothing in worlds whose provocation has none."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._world = worker.world
        self._most = worker.world.provocation.fallback
        self._standing: dict[str, Standing] = {}

    def keep(self, held: Held, outcome: str) -> None:
        """A command is over: its executor makes that durable, unless the disk takes nothing."""
        spool = self._worker.host.spool
        if self._most and held.run not in spool:
            if self._worker.random.random() < 0.3:
                self._world.count("spool: the disk takes nothing")
            else:
                spool[held.run] = Kept(held, outcome)

    def lets_go(self, run: str) -> bool:
        """Whether no key is even left that would stand for this run's record."""
        return self._is_on and self._may_go(run)

    def stands(self, run: str, run_key: str, revision: int) -> None:
        """A key stands until its record is stored, or goes before, the oldest first."""
        if not self._most:
            return
        self._standing[run] = Standing(run, run_key, revision)
        for standing in list(self._standing.values()):
            if self._is_on and self._may_go(standing.run):
                del self._standing[standing.run]
                self._worker.go(self._drop(standing))

    def recorded(self, run: str) -> None:
        """The log store has the record."""
        self._standing.pop(run, None)
        self._worker.host.spool.pop(run, None)

    @property
    def _is_on(self) -> bool:
        return bool(self._most) and len(self._standing) >= self._most

    def _may_go(self, run: str) -> bool:
        """The disk alone stands for it from now on."""
        spool = self._worker.host.spool
        if run in spool:
            spool[run] = replace(spool[run], alone=True)
        elif self._world.rules.on(Rule.FALLBACK):
            return False
        self._world.count("fallback: a key let go")
        return True

    def _drop(self, standing: Standing) -> Machine[None]:
        transaction = acknowledging(standing.run_key, standing.revision)
        yield from self._worker.sure(transaction, Errand.END, batched=True)
