"""What really happened: commits, starts and records, seen by one whom the protocol never asks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from common import keys
from tests.model.clock import IN_ADVANCE
from tests.model.host import Host, Span
from tests.model.jobs import Job, of_unit, timing, units_of
from tests.model.log_store import Record
from tests.model.precedence import overtaken
from tests.model.transactions import Entry, Operation, Put, Read
from tests.model.values import (
    ENDED,
    FAILED,
    KILLED,
    LOST,
    NOBODY,
    RUNNING,
    SUCCESS,
    WAITING,
    Lock,
    Owed,
)
from tests.model.versions import Unit
from tests.model.view import split

if TYPE_CHECKING:
    from tests.model.world import World


class Violation(NamedTuple):
    """A promise that was broken, and for which key, run or instant."""

    promise: str
    about: str


def value_of(entry: Entry | None) -> Any:
    """The entry's value, None where no entry is."""
    return entry.value if entry else None


class Witness:
    """Notes all that `judgement` needs; what is wrong at sight is a violation at once."""

    def __init__(self, world: World) -> None:
        self.violations: list[Violation] = []
        self.starts: Counter[str] = Counter()
        self.spans: dict[str, list[Span]] = defaultdict(list)
        self.units: dict[str, Unit] = defaultdict(lambda: Unit(world.provocation.calm))
        self.owed: dict[str, Owed] = {}
        self.triggers: set[str] = set()
        self.told: dict[str, str] = {}
        self.orphaned: set[str] = set()
        self.to_be_marked: set[str] = set()
        self.not_again: set[str] = set()
        self.meant: set[str] = set()
        self.excused: set[str] = set()
        self._world = world
        self._ended: set[str] = set()
        self._go_starts: set[str] = set()
        self._fences: dict[str, int] = defaultdict(int)
        self._highest: dict[str, int] = {}
        self._edits: Counter[tuple[str, int]] = Counter()
        self._watermarks: dict[str, int] = {}
        self._claimed: set[str] = set()
        self._written: set[str] = set()

    def bad(self, promise: str, about: str) -> None:
        """A promise was broken."""
        self._world.story.tell(about, "VIOLATION", promise)
        self.violations.append(Violation(promise, about))

    def edited(self, edit: tuple[str, int], about: str) -> None:
        """A master's edit took effect."""
        self._edits[edit] += 1
        if self._edits[edit] > 1:
            self.bad("an edit took effect twice", about)

    def refused_twice(self, key: str) -> None:
        """A batch was refused, for it would write a key twice."""
        self.bad("a key twice in one batch", key)

    def committing(self, operations: Sequence[Operation]) -> None:
        """These are done next, together."""
        self._written = {op.key for op in operations if not isinstance(op, Read)}
        puts = [operation for operation in operations if isinstance(operation, Put)]
        self._watermarks = {split(p.key)[1]: p.value for p in puts if "/fired/" in p.key}
        owed = [put.value for put in puts if isinstance(put.value, Owed)]
        self._claimed = {value.unit for value in owed if value.incarnation != NOBODY}

    def committed(self, key: str, old: Entry | None, new: Entry | None) -> None:
        """A key changed."""
        kind, rest = split(key)
        self._world.story.tell(rest, "store", self._world.store.revision, kind, value_of(new))
        if kind == "jobs":
            self._job(old, new)
        elif kind == "fired" and new:
            self._fired(rest, old, new.value)
        elif kind == "trigger" and not old and new:
            self.triggers.add(new.value.identity)
        elif kind == "lock" and old:
            self._unlocked(rest, old.value, value_of(new))
        elif kind == "killer" and new:
            self._killing(rest, new.value.run)
        elif kind == "runs":
            self._kills(rest, value_of(old), new)
            self._run(rest.partition("/")[2], value_of(old), value_of(new))

    def started(self, run: str, owed: Owed, fence: int, lasts: int) -> Span:
        """A command was spawned; its span."""
        self.starts[run] += 1
        if self.starts[run] > 1:
            self.bad("started twice", run)
        if run in self._ended:
            self.bad("started after it was ended", run)
        if not self._world.store.holds(keys.alive(owed.incarnation)):
            self.bad("started though its lease was over", run)
        if owed.job.locks:
            if fence <= self._fences[owed.unit]:
                self.bad("a fence did not rise", run)
            self._fences[owed.unit] = fence
        self._ran_twice(run)
        now = self._world.agenda.now
        span = Span(now, now + lasts, run, owed.job.overlap)
        self.spans[owed.unit].append(span)
        return span

    def wrote(self, identity: str, record: Record) -> None:
        """The log store holds this now."""
        self._world.story.tell(identity, "log", record.outcome, "lost" if record.lost else "")
        if record.outcome in (SUCCESS, FAILED, KILLED):
            self.told[identity] = record.outcome

    def disk_lost(self, host: Host) -> None:
        """A host loses its disk: of runs for which that alone stood there may be no record."""
        self.excused |= {run for run, kept in host.spool.items() if kept.alone}

    def _job(self, old: Entry | None, new: Entry | None) -> None:
        was: Job | None = value_of(old)
        job: Job | None = value_of(new)
        for name in units_of(was, job):
            now = of_unit(job, name)
            if timing(of_unit(was, name)) == timing(now):
                continue
            unit, watermark = self.units[name], self._watermarks.get(name)
            if watermark is None:
                unit.changed_by_hand(now)
            else:
                if name in self._highest:
                    unit.claimed(self._highest[name])
                unit.begin(watermark, now)

    def _fired(self, name: str, old: Entry | None, watermark: int) -> None:
        self._settle(name, old, watermark)
        highest = self._highest.get(name, 0)
        if watermark < highest:
            self.bad("a watermark went back", name)
        if watermark > max(self._world.agenda.now + IN_ADVANCE, highest):
            self.bad("settled before its time", name)
        self._highest[name] = watermark

    def go_started(self, run: str) -> None:
        """A Go worker runs what we would have called so."""
        self._go_starts.add(run)
        self._ran_twice(run)

    def _ran_twice(self, run: str) -> None:
        """Where nothing fails, an instant is run by us or by a Go worker."""
        both = self.starts[run] and run in self._go_starts
        if both and self._world.agenda.now >= self._world.provocation.only_once:
            self.bad("run by a Go worker too", run)

    def _unlocked(self, unit: str, lock: Lock, now: Lock | None) -> None:
        """A lock went: by its lease, or else with the run that held it."""
        name = unit.partition("#")[0]
        if lock.ended or not lock.run or (now and now.run == lock.run):
            return
        if now:
            self.bad("took a lock that was held", lock.run)
        elif self._written and keys.run(name, lock.run) not in self._written:
            self.bad("let go of another's lock", lock.run)

    def _settle(self, name: str, old: Entry | None, watermark: int) -> None:
        """A change by hand is in force once a watermark was written after it."""
        unit = self.units[name]
        if old is None:
            unit.moved(watermark, watermark)
        elif name not in self._claimed:
            unit.moved(old.value, watermark)
        elif unit.claimed(old.value) and unit.calm:
            self.bad("a change by hand moved no watermark", name)

    def close(self) -> None:
        """The world has settled: what was changed by hand counts as if it were claimed now."""
        for name, watermark in self._highest.items():
            unit = self.units[name]
            if unit.claimed(watermark) and unit.calm:
                self.bad("a change by hand moved no watermark", name)

    def _killing(self, name: str, meant: str) -> None:
        """All runs of the job that there are, or this one, are to be killed."""
        prefix = keys.run(name, "")
        runs = [key.removeprefix(prefix) for key in self._world.store.entries if prefix in key]
        self.meant |= {run for run in runs if meant in ("", run)}

    def _kills(self, rest: str, old: Owed | None, new: Entry | None) -> None:
        """A run that is called lost though it was to be killed is not to be run again.

        One that was called so before, and is only taken over once more, has its attempt already.
        """
        name, _, run = rest.partition("/")
        killer = self._world.store.entries.get(keys.killer(name))
        fresh = new and new.value.outcome == LOST and (old is None or old.outcome != LOST)
        if new and killer and killer.revision > new.created and fresh:
            self.not_again |= {run} if killer.value.run in ("", run) else set()
        begin, _, attempt = run.partition("+")
        before = f"{begin}+{int(attempt) - 1}" if attempt > "1" else begin
        if new and attempt and before in self.not_again:
            self.bad("run again though it was to be killed", run)

    def _run(self, run: str, old: Owed | None, new: Owed | None) -> None:
        if old and keys.alive(old.incarnation) not in self._world.store.entries:
            self.orphaned.add(run)
            if old.state == RUNNING:  # called lost, or ended by its own worker after its lease
                self.to_be_marked.add(run)
        if new:
            self.owed[run] = new
            self._judge_write(run, old, new)
        if not new or new.state == ENDED:
            self._ended.add(run)

    def _judge_write(self, run: str, old: Owed | None, new: Owed) -> None:
        living = self._world.store.entries
        if not old and new.state == RUNNING:
            if keys.alive(new.incarnation) not in living:
                self.bad("claimed for a dead incarnation", run)
            if overtaken(run, new, living):
                self.bad("overtook a run that waited", run)
        if old and old.incarnation != new.incarnation and keys.alive(old.incarnation) in living:
            self._world.count("a living worker's run moved")
            if keys.alive(new.incarnation) not in living:
                self.bad("handed over to a dead incarnation", run)
        if not old or new.outcome != LOST:
            return
        if old.state == WAITING:
            self.bad("called lost though it only waited", run)
        if old.state == RUNNING and keys.alive(old.incarnation) in living:
            self.bad("called lost while its incarnation lived", run)
