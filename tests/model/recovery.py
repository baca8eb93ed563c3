"""The search through what is owed: keys of ours that we do not know, and those of the dead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from common import keys
from tests.model.ends import reruns
from tests.model.host import Held
from tests.model.placement import place_of
from tests.model.rules import Rule, Rules
from tests.model.steps import Errand, Machine
from tests.model.transactions import (
    Absent,
    Compare,
    Entry,
    Operation,
    Put,
    Read,
    RevisionIs,
    Transaction,
)
from tests.model.values import ENDED, LOST, NOT_STARTED, RUNNING, WAITING, Owed

if TYPE_CHECKING:
    from tests.model.worker import Worker

Settling = Callable[[Held], Machine[None]]


def life_of(owed: Owed, rules: Rules) -> str:
    """The key that stands for the life of its worker."""
    if rules.on(Rule.ALIVE_JUDGES):
        return keys.alive(owed.incarnation)
    return keys.worker(owed.incarnation.partition(".")[0])


def taking_over(
    held: Held, mine: Owed, then: tuple[Operation, ...], rules: Rules, kill: int = 0
) -> Transaction:
    """Make a dead incarnation's key ours, and do `then`, if nobody else did.

    What `then` makes anew is not to be if a kill was asked for since that of the revision `kill`.
    """
    run_key = keys.run(held.owed.job.name, held.run)
    compares: tuple[Compare, ...] = (Absent(life_of(held.owed, rules)),)
    if rules.on(Rule.INHERIT_COMPARE):
        compares += (RevisionIs(run_key, held.revision),)
    if then and rules.on(Rule.KILL_RERUN):
        compares += (RevisionIs(keys.killer(held.owed.job.name), kill),)
    return Transaction(compares, (Put(run_key, mine), *then), (Read(run_key),))


class Recovery:
    """One worker's."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._world = worker.world
        self._on = worker.world.rules.on

    def run(self) -> Machine[None]:
        """Look again and again, for as long as the worker lives."""
        while True:
            yield self._worker.nap(*self._world.provocation.search)
            if not self._worker.ready():
                continue
            for rest, entry in self._worker.view.kind("runs").items():
                run = rest.partition("/")[2]
                settling = None if run in self._worker.known else self._whose(entry)
                if settling:
                    self._worker.known.add(run)
                    held = Held(run, entry.value, entry.revision, entry.created)
                    self._worker.go(self._settle(settling, held))

    def _whose(self, entry: Entry) -> Settling | None:
        """How a key that we do not know is to be settled, if by us."""
        owed: Owed = entry.value
        if owed.incarnation == self._worker.incarnation:
            return self._own if self._on(Rule.SEARCH) or owed.state == WAITING else None
        if life_of(owed, self._world.rules) in self._worker.view:
            return None
        mine = self._worker.registration()
        place = place_of(self._worker.name, mine, self._worker.view, owed.incarnation)
        # Views differ, so somebody who is not first may try as well.
        tries = place.place == 0 or self._world.random.random() < self._world.provocation.dispute
        return self._inherit if tries else None

    def _settle(self, settling: Settling, held: Held) -> Machine[None]:
        yield from settling(held)
        self._worker.known.discard(held.run)

    def _own(self, held: Held) -> Machine[None]:
        """A claim's answer never came, or an earlier life of this incarnation left it."""
        state = held.owed.state
        self._world.count(f"search: own {state}")
        if state == RUNNING or (state == ENDED and not self._on(Rule.SEARCH_STATE)):
            yield from self._worker.ends.finish(held, NOT_STARTED, started_by_us=False)
        elif state == WAITING or self._on(Rule.SEARCH_ENDED):
            yield from self._worker.runs.go_on(held)

    def _inherit(self, held: Held) -> Machine[None]:
        """Make a dead incarnation's key ours, by its state."""
        owed, was = held.owed, held.owed.state
        if was == ENDED and not self._on(Rule.INHERIT_ENDED):
            return
        mine = replace(owed, incarnation=self._worker.incarnation)
        then: tuple[Operation, ...] = ()
        if was == RUNNING or (was == WAITING and not self._on(Rule.INHERIT_WAITING)):
            mine = mine.ended(LOST)
            then = self._again(held)
        killer = self._worker.view.get(keys.killer(owed.job.name))
        kill = killer.revision if killer else 0
        transaction = taking_over(held, mine, then, self._world.rules, kill)
        decision = yield from self._worker.claims.decide(
            transaction, held.run, mine, Errand.TAKE_OVER, held.created
        )
        if decision.held:
            self._world.count(f"inherit: {was}")
            yield from self._worker.runs.go_on(decision.held)

    def _again(self, held: Held) -> tuple[Operation, ...]:
        owed = held.owed
        if not reruns(owed) or not self._on(Rule.RERUN):
            return ()
        if self._on(Rule.KILL_RERUN) and self._worker.runs.is_killed(held):
            self._world.count("lost: killed, not run again")
            return ()
        self._world.count("lost: run again")
        run, again = self._worker.ends.next_attempt(held.run, owed)
        return (Put(keys.run(owed.job.name, run), again),)
