"""The runs whose commands have begun not long ago: many are over before that matters.

That a command began is noted in the journal, with what tells its process from others, and logged.
Where many begin at once, a run that is over a moment later has but its end noted and logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from itertools import takewhile

from common.clock import Clock
from common.logs import Several
from worker.journal import Journal
from worker.orders import Started

log = logging.getLogger(__name__)

SECONDS = 0.2
FEW = 4
"""So many in that time are noted at once."""


class Begun:
    """Belongs to the scheduler's thread. `job_of` knows the job of a run that is still out."""

    def __init__(self, clock: Clock, journal: Journal, job_of: Callable[[str], str | None]) -> None:
        self._clock = clock
        self._journal = journal
        self._job_of = job_of
        self._starts: list[tuple[float, Started | None]] = []

    def add(self, event: Started) -> None:
        """A command has begun."""
        self._starts.append((self._clock.boot() + SECONDS, event))
        if len(self._starts) <= FEW:
            self._starts[-1] = (self._starts[-1][0], None)
            self._note((event,))

    def wait(self, longest: float) -> float:
        """How long nothing is to be noted, at most so long; seconds."""
        if not self._starts:
            return longest
        return min(longest, max(0.0, self._starts[0][0] - self._clock.boot()))

    def note(self) -> None:
        """Note those that have run for a moment."""
        if not self._starts:
            return
        now = self._clock.boot()
        count = sum(1 for _ in takewhile(lambda start: start[0] <= now, self._starts))
        over, self._starts = self._starts[:count], self._starts[count:]
        self._note(event for _, event in over if event is not None)

    def _note(self, events: Iterable[Started]) -> None:
        said = []
        for event in events:
            job = self._job_of(event.run_id)
            if job is not None:
                self._journal.started(event.run_id, event.pid, event.start_ms)
                said.append(f"job={job} run={event.run_id}: started, pid {event.pid}")
        if said:
            log.info(Several(said))
