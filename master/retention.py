"""Removes records and entries of the audit that need not be kept: a chore, in small steps."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from common.clock import Clock
from common.errors import FleetcronError, LogStoreRefused, LogStoreSlow, StoreError
from common.instants import duration
from common.keep_rules import FAILED, PLAIN, KeepRules
from common.log_store import LogStore
from common.search import Position, Search
from master.keeper_state import KeeperState
from master.retention_age import before, newest_that_go, oldest_ms
from master.retention_time import DAY_MS, RetentionTime

log = logging.getLogger(__name__)

AT_ONCE, PART = 500, 250
"""So many are removed in a step; and so many names of jobs are read at once."""
FIRST_SECONDS, PASS_SECONDS, PAUSE_SECONDS = 10.0, 3600.0, 0.2
LOOK_SECONDS = 0.25
"""So long a step may look at jobs of which nothing is to go."""
ENOUGH = 0.95
"""What is over its size is brought below so much of it."""
SHRINK = 0.98
FEWEST_MS = 60_000
"""Nothing younger goes, whatever the size."""
TOLD_MS = 1000
"""That the time by which records get old is behind by so much is told of what is too young."""

Steps = Iterator[int]
"""How many were removed by each step."""


class Retention:
    """A chore of the keeper; a pass an hour. Records get old by the `time`."""

    name = "retention"

    def __init__(
        self,
        logs: LogStore,
        rules: KeepRules,
        state: KeeperState,
        clock: Clock,
        time: RetentionTime,
    ) -> None:
        self._logs = logs
        self._rules = rules
        self._state = state
        self._clock = clock
        self._time = time
        self._steps: Steps | None = None
        self._removed: Counter[str] = Counter()
        self._problem = ""
        self._begun = False

    def begin(self) -> None:
        """Begin a pass anew, soon: others may have removed what one under way had found."""
        self._steps, self._begun = None, False
        self._removed.clear()

    def step(self) -> float:
        """One step of a pass; the seconds until the next."""
        try:
            return self._step()
        except FleetcronError as error:
            self._steps = None
            with suppress(StoreError):
                self._state.hampered(str(error))
            raise

    def _step(self) -> float:
        if not self._begun:
            self._time.begin()
            log.info("%s", self._rules)
            self._begun = True
            return FIRST_SECONDS
        if self._steps is None:
            self._steps = self._pass(self._time.now())
            self._problem = self._time.problem
        removed = next(self._steps, None)
        if removed is None:
            self._end()
            return PASS_SECONDS
        return PAUSE_SECONDS

    def _pass(self, now: int) -> Steps:
        yield from self._counted("age", self._by_age(now))
        yield from self._counted("runs", self._by_number())
        yield from self._counted("bytes", self._by_size(now))
        yield from self._counted("audit", self._audit(now))

    def _counted(self, rule: str, steps: Steps) -> Steps:
        for removed in steps:
            self._removed[rule] += removed
            yield removed

    def _end(self) -> None:
        self._steps = None
        removed, self._removed = dict(self._removed), Counter()
        if any(removed.values()):
            told = ", ".join(f"{rule} {count}" for rule, count in removed.items() if count)
            log.info("retention: removed by %s", told)
        oldest = oldest_ms(self._logs, self._clock.wall_ms())
        with suppress(StoreError):  # It is only to be seen, and told again in an hour.
            self._state.passed(removed, oldest, self._size(), self._problem)

    def _size(self) -> int | None:
        """How much there is, for people; None where we may not ask the log store for it."""
        with suppress(LogStoreRefused):
            return self._logs.size_bytes()
        return None

    def _by_age(self, now: int) -> Steps:
        for kinds, days in ((PLAIN, self._rules.days), (FAILED, self._rules.failed_days)):
            if days:
                yield from self._before(kinds, now - round(days * DAY_MS))

    def _before(self, kinds: tuple[Search, ...], cutoff: int) -> Steps:
        """Remove what was over before a time (epoch ms), of each of these kinds."""
        for kind in kinds:
            for outcome in kind.outcomes:
                yield from self._all_of(before(replace(kind, outcomes=(outcome,)), cutoff))

    def _all_of(self, wanted: Search) -> Steps:
        while (places := self._older(wanted, AT_ONCE)) != []:
            removed = self._logs.remove(places) if places else 0
            yield removed
            if not removed:
                return

    def _older(self, wanted: Search, most: int) -> list[Position] | None:
        """Some of what is to go; None where finding it takes too long, which is said."""
        try:
            return self._logs.older(wanted, most)
        except LogStoreSlow as error:
            kind = f"of {wanted.job}" if wanted.job else f"whose outcome is {wanted.outcomes[0]!r}"
            self._problem = f"what is to go of records {kind} was not found in time"
            log.warning("retention: %s (%s); going on with the rest", self._problem, error)
            return None

    def _by_number(self) -> Steps:
        """What goes of several jobs is removed in one step, for it may be little of each."""
        if not self._rules.runs:
            return
        looked, pending = self._clock.boot(), list[Position]()
        for places in self._surplus():
            pending += places
            if len(pending) >= PART or self._clock.boot() - looked > LOOK_SECONDS:
                yield self._logs.remove(pending) if pending else 0
                looked, pending = self._clock.boot(), []
        if pending:
            yield self._logs.remove(pending)

    def _surplus(self) -> Iterator[list[Position]]:
        """For each job what goes of it; a part that is full must be gone when the next is asked."""
        after = ""
        while names := self._logs.names(after, AT_ONCE):
            for name in names:
                yield from self._of_job(name)
            after = names[-1]

    def _of_job(self, name: str) -> Iterator[list[Position]]:
        """Of each kind the newest records stay."""
        for kinds, most in ((PLAIN, self._rules.runs), (FAILED, self._rules.failed_runs)):
            for kind in kinds:
                wanted = replace(kind, job=name)
                cutoff = newest_that_go(self._logs, wanted, most)
                while cutoff is not None:
                    places = self._older(before(wanted, cutoff), PART) or []
                    yield places
                    cutoff = cutoff if len(places) == PART else None
        yield []

    def _by_size(self, now: int) -> Steps:
        """From the oldest on, failed ones when they are several times as old."""
        most = self._rules.bytes
        if not most or self._logs.size_bytes() <= most:
            return
        oldest = oldest_ms(self._logs, now)
        age = float(now - oldest) if oldest is not None else 0.0
        while self._logs.size_bytes() > ENOUGH * most:
            if age < FEWEST_MS:
                self._problem = self._too_large(most)
                log.warning("retention: %s", self._problem)
                return
            age *= SHRINK
            yield from self._before(PLAIN, now - round(age))
            yield from self._before(FAILED, now - round(4 * age))
            yield 0

    def _too_large(self, most: int) -> str:
        """That what is left is too young to go, by the time by which records get old."""
        over = f"over {most} bytes, though nothing older than a minute is left (failed: than four)"
        behind = self._time.behind_ms
        if behind < TOLD_MS:
            return over
        return f"{over}, by a time {duration(behind)} behind the clock of this host"

    def _audit(self, now: int) -> Steps:
        if self._rules.audit_days:
            before = now - round(self._rules.audit_days * DAY_MS)
            while removed := self._logs.audit.remove(before, AT_ONCE):
                yield removed
