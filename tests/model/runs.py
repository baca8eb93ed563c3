"""A run that is ours: its start, and the time until its command ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common import keys
from tests.model.host import Command, Held
from tests.model.rules import Rule
from tests.model.steps import Machine, Moment, Pause
from tests.model.values import (
    FAILED,
    KILLED,
    NOT_STARTED,
    RUNNING,
    SUCCESS,
    UNKNOWN,
    WAITING,
)

if TYPE_CHECKING:
    from tests.model.worker import Worker


class Runs:
    """One worker's."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._world = worker.world
        self._on = worker.world.rules.on

    def go_on(self, held: Held) -> Machine[None]:
        """See a key that is ours through, by its state."""
        if held.owed.state == RUNNING:
            yield from self.launch(held)
        elif held.owed.state == WAITING:
            yield from self._worker.waits.wait(held)
        else:
            yield from self._worker.ends.close(held)

    def adopt(self) -> None:
        """Attend to what the journal tells of an earlier life, whosever its runs are by now.

        Some are kept, as their jobs say; the others are ended.
        """
        for run, (held, spawned) in list(self._worker.host.journal.items()):
            keep = self._world.random.random() < 0.6
            self._worker.known.add(run)
            if spawned or run in self._worker.host.commands or self._on(Rule.INTENT):
                self._world.count("restart: keeps" if keep else "restart: ends")
                self._worker.go(self._attend_again(held, kill=not keep))

    def tell_again(self) -> None:
        """Record what the disk has and no journal tells of."""
        for run, kept in list(self._worker.host.spool.items()):
            if run not in self._worker.host.journal:
                self._worker.go(self._worker.ends.tell_again(kept))

    def is_killed(self, held: Held) -> bool:
        """Whether a kill is meant for the run: asked for after its key was created."""
        killer = self._worker.view.get(keys.killer(held.owed.job.name))
        if killer is None or killer.value.run not in ("", held.run):
            return False
        if killer.revision < held.created:
            if self._on(Rule.KILL_FENCE):
                return False
            self._world.witness.bad("a kill hit a later run", held.run)
        return True

    def launch(self, held: Held) -> Machine[None]:
        """See it through: the last checks, then the spawn, with the journal around it."""
        self._worker.running += 1
        while self._worker.wall < held.owed.due and not held.owed.manual:
            yield self._worker.nap(20, 500)
        if self._on(Rule.INTENT):
            self._worker.host.journal[held.run] = held, False
        yield Pause(self._worker.random.randint(0, 20), Moment.BEFORE_SPAWN)
        why = self._not_to_start(held)
        if why:
            self._world.count(f"not started: {why}")
            self._worker.host.journal.pop(held.run, None)
            yield from self._worker.ends.finish(held, NOT_STARTED)
        else:
            self._spawn(held)
            yield Pause(self._worker.random.randint(0, 20), Moment.AFTER_SPAWN)
            self._worker.host.journal[held.run] = held, True
            yield from self._attend(held)
        self._worker.running -= 1

    def _not_to_start(self, held: Held) -> str:
        if not self._worker.holds(held.owed.incarnation) and self._on(Rule.START_CHECK):
            return "lease"
        if not self._worker.view.may_start(held.owed, self._worker.wall) and self._on(
            Rule.JOB_CHECK
        ):
            return "deleted or paused"
        if self._worker.wall > held.owed.start_by:
            return "late"
        return "killed" if self.is_killed(held) else ""

    def _spawn(self, held: Held) -> None:
        random, owed = self._worker.random, held.owed
        fence = held.revision if self._on(Rule.FENCE_RUNNING) else held.created
        lasts = round(owed.job.length * random.uniform(0.2, 1.5))
        span = self._world.witness.started(held.run, owed, fence, lasts)
        if not self._worker.view.may_start(owed, self._worker.wall):
            self._world.witness.bad("started though known to be deleted or paused", held.run)
        self._world.story.tell(held.run, self._worker.name, "starts", fence)
        outcome = random.choice([SUCCESS, SUCCESS, FAILED])
        self._worker.host.commands[held.run] = Command(span, outcome)

    def _attend_again(self, held: Held, kill: bool) -> Machine[None]:
        self._worker.running += 1
        yield from self._attend(held, kill)
        self._worker.running -= 1
        self._worker.known.discard(held.run)

    def _attend(self, held: Held, kill: bool = False) -> Machine[None]:
        """From the spawn, or from a restart, to the recorded end."""
        outcome = UNKNOWN
        command = self._worker.host.commands.get(held.run)
        if command:
            yield from self._outlive(held, command, kill)
            outcome = command.outcome
            self._worker.fallback.keep(held, outcome)
        yield from self._worker.ends.finish(held, outcome)
        self._worker.host.journal.pop(held.run, None)
        self._worker.host.commands.pop(held.run, None)

    def _outlive(self, held: Held, command: Command, kill: bool) -> Machine[None]:
        agenda = self._world.agenda
        while command.span.end > agenda.now:
            if kill or self.is_killed(held):
                command.span.end = agenda.now
                command.outcome = KILLED
                self._world.count("killed")
                return
            yield self._worker.nap(50, 500)
