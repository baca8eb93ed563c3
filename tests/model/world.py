"""The world of one seed: its servers, its processes, its jobs, and what is counted in it."""

from __future__ import annotations

from collections import Counter
from random import Random

from tests.model.clock import CHAOS, END, LOST_AFTER, SLOWEST, Agenda
from tests.model.faults import Faults
from tests.model.go_worker import GoWorker
from tests.model.job_maker import JobMaker
from tests.model.judgement import LEFTOVERS, judge
from tests.model.log_store import LogStore
from tests.model.master import Master
from tests.model.network import Network
from tests.model.process import Process
from tests.model.provocation import Provocation
from tests.model.rules import Rules
from tests.model.store import Store
from tests.model.story import Story
from tests.model.values import Told
from tests.model.witness import Witness
from tests.model.worker import Worker

FAR_OFF = 3_000
QUIET = 20_000
"""A world in which nothing is owed for so long has settled."""


class World:
    """Everything that happens in it follows from the seed, the rules and the provocation."""

    def __init__(
        self,
        seed: int,
        rules: Rules | None = None,
        provocation: type[Provocation] = Provocation,
        story: Story | None = None,
    ) -> None:
        self.random = Random(seed)
        self.rules = rules or Rules()
        self.provocation = provocation()
        self.story = story or Story()
        self.agenda = Agenda(self.random)
        self.story.now = lambda: self.agenda.now
        self.seen: Counter[str] = Counter()
        self.steps = 0
        self.healed = False
        self.witness = Witness(self)
        self.store = Store(self.agenda, self.witness)
        self.log = LogStore(self.rules, self.witness.wrote)
        self.network = Network(self)
        self.jobs = JobMaker(self.random, self.provocation)
        self.workers = [Worker(self, f"w{i}") for i in range(self.random.randint(3, 4))]
        masters = [Master(self, f"m{i}") for i in range(self.random.randint(1, 2))]
        self.processes: list[Process] = [*self.workers, *masters]
        if Random(f"go {seed}").random() < self.provocation.beside_go:
            self.processes.append(GoWorker(self, "go"))
        self._prepare()

    def _prepare(self) -> None:
        for process in self.processes:
            delay = self.random.randint(3000, 6000)
            if not self.provocation.calm:
                process.fragile = self.random.choice([0, 0, 0.002, 0.01])
            elif process not in self.workers:
                delay += 6000  # every change is then seen by a worker
            self.agenda.after(delay, process.start)
        if not self.provocation.calm:
            self.agenda.after(1000, Faults(self).strike)
        self.provocation.prepare(self)
        self.agenda.after(CHAOS, self._heal)

    def has_wrong_clock(self) -> bool:
        """Whether a clock is further off than clocks are that nothing happened to.

        Or one that was ahead is still told or seen so: it would speak for the next one.
        """
        told = list(self.store.entries.values())
        for worker in self.workers:
            told += [*worker.view.kind("workers").values(), *worker.view.kind("clock").values()]
        return any(abs(process.offset) > FAR_OFF for process in self.processes) or any(
            isinstance(entry.value, Told) and entry.value.offset > FAR_OFF for entry in told
        )

    def count(self, what: str) -> None:
        """One more of these, to show what was exercised."""
        self.seen[what] += 1

    def run(self) -> World:
        """Let everything happen, and judge it."""
        self.agenda.run(CHAOS + SLOWEST + LOST_AFTER)
        quiet_since = self.agenda.now
        while self.agenda.now < min(quiet_since + QUIET, END):
            self.agenda.run(self.agenda.now + 1000)
            if any(key.startswith(LEFTOVERS) for key in self.store.entries):
                quiet_since = self.agenda.now
        judge(self)
        return self

    def _heal(self) -> None:
        self.healed = True
        self.network.heal()
        for process in self.processes:
            process.heal()
