"""The agenda: when each job is looked at, and what a look at it decides.

Owned by the scheduler's thread. What cannot run now waits: for room in the line, for a worker that
may run it at all in the timetable. What becomes too late meanwhile is recorded at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from common.record import NO_SLOT
from worker.choice import Choice, choose, next_after
from worker.claim import Claim
from worker.placement import Placement
from worker.row import Row
from worker.rows import Rows
from worker.standing import Standing
from worker.timetable import Timetable
from worker.waitlist import Waitlist

RETRY_MS = 1000


@dataclass(frozen=True, slots=True)
class Due:
    """A claim to be made now; `missed` is "" or why its instant is only recorded.

    With `look` it is only seen whether there is anything to be claimed.
    """

    row: Row
    claim: Claim
    missed: str
    look: bool

    @property
    def runs(self) -> int:
        """How many runs it may become: 1, or 0."""
        return 0 if self.missed or self.look else 1


class Agenda:
    """Jobs are looked at when their instants come, by rank, and in line when there is room."""

    def __init__(
        self, rows: Rows, holds: Callable[[], Standing | None], placement: Placement
    ) -> None:
        self._rows = rows
        self._holds = holds
        self._placement = placement
        self._timetable: Timetable[Row] = Timetable()
        self._line = Waitlist()

    @property
    def waiting(self) -> int:
        """How many jobs wait in line for room."""
        return len(self._line)

    def next_ms(self) -> int | None:
        """When `look` has something to do next, epoch ms; room that comes is not counted."""
        return self._timetable.next_ms()

    def arm(self, row: Row) -> None:
        """Look at a job when its next instant comes."""
        since = row.since_ms
        if row.claiming or since is None or row.rank is None:
            return
        first = next_after(row.job.schedule, since)
        if first is not None:
            self._timetable.set(row, first + row.delay_ms)

    def again(self, row: Row, at_ms: int) -> None:
        """Look at a job at this moment (epoch ms), if it is ours."""
        if row.fired is not None and row.rank is not None:
            self._timetable.set(row, at_ms)

    def disarm(self, row: Row) -> None:
        """Look at a job no more until it is armed; a place in line is kept."""
        self._timetable.remove(row)

    def drop(self, row: Row) -> None:
        """Look at a job no more: it is gone, or others come before us for it."""
        self._timetable.remove(row)
        self._line.leave(row.unit)

    def look(self, now_ms: int, room: int) -> Iterator[Due]:
        """What is to be claimed now, at most `room` runs; who takes one marks its row before more.

        Who waits longest comes first. What is only recorded needs no room.
        """
        while room > 0 and (waiting := self._line.take(self._is_busy)) is not None:
            row = self._rows.get(waiting)
            if row and (due := self._decide(row, now_ms, room)):
                room -= due.runs
                yield due
        while (row := self._timetable.pop_due(now_ms)) is not None:
            if due := self._decide(row, now_ms, room):
                room -= due.runs
                yield due

    def _is_busy(self, unit: str) -> bool:
        """Whether nothing can be decided about a unit now: it keeps its place in line."""
        row = self._rows.get(unit)
        return row is not None and (row.claiming or row.fired is None)

    def _decide(self, row: Row, now_ms: int, room: int) -> Due | None:
        since = row.since_ms
        if row.claiming or since is None or row.rank is None:
            return None
        standing = self._holds()
        if standing is None:
            self._put_off(row, now_ms + RETRY_MS)
            return None
        choice = choose(row.job.schedule, since, now_ms, row.lateness(now_ms))
        if choice is None:
            return None
        at_ms = choice.plan_time + row.delay_ms
        if at_ms > now_ms and not choice.missed:
            self._put_off(row, at_ms)
            return None
        look = row.rank > 0 and row.looked != row.fired
        # A look needs no room: most often others have taken it.
        decided = self._hindered(row, choice.because(row.waits_for), now_ms, 1 if look else room)
        return Due(row, row.claim(decided, standing), decided.missed, look) if decided else None

    def _hindered(self, row: Row, choice: Choice, now_ms: int, room: int) -> Choice | None:
        """The choice itself, or where the job cannot run what is too late by now, if anything."""
        if choice.missed:
            following = row.job.schedule.next_after(choice.plan_time)
            if following is None or following + row.delay_ms > now_ms:
                self._stop_waiting(row)
            return choice
        obstacle = self._obstacle(row, room)
        if not obstacle:
            self._stop_waiting(row)
            return choice
        self._wait(row, choice, now_ms, obstacle)
        return row.passed_over(choice)

    def _obstacle(self, row: Row, room: int) -> str:
        if row.hindrance:
            return row.hindrance
        if not row.share and not self._placement.is_eligible(row.job.terms):
            return self._placement.nobody(row.job.terms.where)
        return NO_SLOT if room <= 0 else ""

    def _wait(self, row: Row, choice: Choice, now_ms: int, obstacle: str) -> None:
        """Stand in line where room is wanted; and look again when something becomes too late."""
        row.waits_for, row.looked = obstacle, None
        if obstacle == NO_SLOT:
            self._line.join(row.unit)
        at_ms = row.changes_at(choice, now_ms)
        if at_ms is not None:
            self._timetable.set(row, at_ms + max(0, row.delay_ms))

    def _put_off(self, row: Row, at_ms: int) -> None:
        self._stop_waiting(row)
        self._timetable.set(row, at_ms)

    def _stop_waiting(self, row: Row) -> None:
        row.waits_for = ""
        self._line.leave(row.unit)
