"""What records are searched for, where a page of them ended, and what was found."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from common.errors import InvalidField
from common.record import JobLog, storable
from common.took import took_ms

_POSITION = re.compile(r"(-?[0-9]{1,19}):([so]):(.*)", re.ASCII | re.DOTALL)
_OBJECT_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)
_MARKS = {False: "s", True: "o"}


@dataclass(frozen=True, slots=True)
class Search:
    """What holds for every record that is meant; "", () and None say nothing.

    Times are epoch ms of a record's start: from `since_ms` until before `until_ms`. A duration is
    from the one to the other, both included; records whose command never began have none. An
    outcome "" means records that say none, as the Go worker writes them. `with_err`: whether the
    record has a sentence in `err`. `over_before_ms`: it ended before, or says no end.
    """

    job: str = ""
    outcomes: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    trigger: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    took_least_ms: int | None = None
    took_most_ms: int | None = None
    with_err: bool | None = None
    over_before_ms: int | None = None

    @property
    def by_took(self) -> bool:
        """Whether a duration is asked for."""
        return self.took_least_ms is not None or self.took_most_ms is not None

    def without_times(self) -> Search:
        """The same at any time."""
        return replace(self, since_ms=None, until_ms=None)

    def matches(self, record: JobLog) -> bool:
        """Whether this record is meant."""
        took = took_ms(record)
        least, most = self.took_least_ms, self.took_most_ms
        return (
            (not self.job or record.job_name == storable(self.job))
            and (not self.outcomes or record.outcome in self.outcomes)
            and (not self.workers or record.worker in map(storable, self.workers))
            and (not self.trigger or record.trigger == storable(self.trigger))
            and (self.since_ms is None or record.start_time >= self.since_ms)
            and (self.until_ms is None or record.start_time < self.until_ms)
            and (least is None or (took is not None and took >= least))
            and (most is None or (took is not None and took <= most))
            and (self.with_err is None or bool(record.err) == self.with_err)
            and (self.over_before_ms is None or record.end_time < self.over_before_ms)
        )


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a record in the order of all: newest start first, equal ones by run id.

    `object_id`: its id is one that MongoDB made (24 hex digits); those come after all other ids.
    """

    start_ms: int
    run_id: str
    object_id: bool = False

    def __str__(self) -> str:
        """The text of which `position` makes it again."""
        return f"{self.start_ms}:{_MARKS[self.object_id]}:{self.run_id}"


def position(text: str, field: str = "after") -> Position:
    """The position that a text says; InvalidField, which names `field`, for any other text."""
    said = _POSITION.fullmatch(text)
    if said is None or not -(2**63) <= int(said[1]) < 2**63:
        raise InvalidField(field, f"{text[:60]!r} is no position that a page ended with")
    start_ms, kind, run_id = said.groups()
    if kind == _MARKS[True] and not _OBJECT_ID.fullmatch(run_id):
        raise InvalidField(field, f"{run_id[:60]!r} is no id that MongoDB makes")
    return Position(int(start_ms), run_id, kind == _MARKS[True])


@dataclass(frozen=True, slots=True)
class Found:
    """A page of records, newest first.

    `next` is what the following page is to be behind, None when there is none. Every record that
    began after `looked_to_ms` has been looked at; None: all that are meant have been. A page that
    is not `complete` ended early, because the time for it was up. `places` says where each of the
    records is.
    """

    records: list[JobLog]
    next: Position | None
    looked_to_ms: int | None
    complete: bool
    places: list[Position] = field(default_factory=list, compare=False)
