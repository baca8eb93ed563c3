"""The seam to the store of run logs: write batches of records, read them newest first.

Two implementations pass one contract suite: MongoDB (database `cron`, collection `log`) and
SQLite for one machine. A record's id is its run id, and a run id may be written again, by the
same worker or by another: `merged` says what its record is then, in whatever order they come.
Errors: `LogStoreLost` when no answer came in time, `LogStoreRefused`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from common.audit_store import AuditStore
from common.log_store_keeping import LogStoreKeeping
from common.record import JobLog
from common.search import Found, Position, Search


@dataclass(frozen=True, slots=True)
class JobLogFilter:
    """Which records are asked for: those of one job."""

    job_name: str


@dataclass(frozen=True, slots=True)
class SortLogByStartTime:
    """The order of records: by start time, newest first."""

    start_time: int = -1


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Records that are written in one insert."""

    logs: tuple[JobLog, ...]


PAGE_CHARACTERS = 4 << 20
"""So much output a page carries at most (or its first record's, if that alone is more)."""
SHORTENED_CHARACTERS = 1000


def paged(records: Iterable[JobLog]) -> list[JobLog]:
    """The records as they come in, with the outputs that a page has no room for shortened.

    A shortened output says so; it is whole when its record is read alone. What is not kept is let
    go at once, so that a page of large outputs costs no more memory than a page may have.
    """
    page: list[JobLog] = []
    room = PAGE_CHARACTERS
    for record in records:
        if page and len(record.output) > max(room, SHORTENED_CHARACTERS):
            short = record.output[:SHORTENED_CHARACTERS]
            page.append(replace(record, output=short, shortened=True, line_times=""))
        else:
            page.append(record)
        room -= len(page[-1].output)
    return page


def merged(there: JobLog, came: JobLog) -> JobLog:
    """The record of a run id once both were written; every store keeps to this.

    The word of the run's own worker takes the place of a record without a worker, which was made
    from the run's key alone; otherwise what is there stays. The mark `lost` stays if either has
    it: nothing clears it.
    """
    word = came if came.worker and not there.worker else there
    return replace(word, lost=there.lost or came.lost)


class LogStore(LogStoreKeeping, Protocol):
    """The store itself. Safe to be used by many threads at once."""

    @property
    def audit(self) -> AuditStore:
        """Where it is kept who did what; it is closed with the store."""

    def write(self, batch: LogBatch) -> None:
        """Return when every record of the batch is durable; one already there is `merged`.

        A batch that is refused as a whole for one bad record is written without that one, and
        `LogStoreRefused` then names it after the others are durable.
        """

    def read(self, wanted: JobLogFilter, skip: int, limit: int) -> list[JobLog]:
        """A page of a job's records by start time, newest first; equal times by run id.

        Only the first outputs are whole, up to `PAGE_CHARACTERS` together; see `paged`.
        """

    def latest(self, names: Sequence[str]) -> dict[str, JobLog]:
        """The newest record of each job that has one, its `output` left out ("")."""

    def one(self, run_id: str) -> JobLog | None:
        """The whole record of a run id, or None while there is none."""

    def planned(self, name: str, first_ms: int, last_ms: int, limit: int) -> list[JobLog]:
        """A job's first records whose plan time lies from the one to the other, both included.

        Oldest plan time first, equal ones by run id; `output` is left out (""). Windows are to be
        narrow: not every server stops at the limit.
        """

    def gaps(self, name: str, from_ms: int, limit: int) -> list[JobLog]:
        """A job's first records of a gap (`gap_to` says something) that ends at this time or later.

        Earliest end first, equal ones by run id; `output` is left out ("").
        """

    def search(
        self,
        wanted: Search,
        after: Position | None,
        limit: int,
        outputs: bool = False,
        until_boot: float | None = None,
    ) -> Found:
        """A page of the records that are meant, behind a position; newest first.

        Without `outputs` they are left out (""); with them all are whole, and a page has as many
        records as have `PAGE_CHARACTERS` together (one at least). It takes half a second, or until
        `until_boot` (seconds of CLOCK_BOOTTIME), and then ends early; see `Found`. Records whose
        start is no number are never found.
        """

    def counts(self, wanted: Search, most: int) -> Mapping[str, int | None]:
        """How many of the records that are meant each outcome has, counted up to `most`.

        Outcomes of which there are none are left out. "" is for records that say none. None:
        counting them takes longer than a quarter of a second.
        """

    def ping(self) -> None:
        """Return when the store answers and has its indexes, which are made where missing.

        `LogStoreUnindexed` where it may be read, and does not let us make one.
        """

    def clock(self) -> int | None:
        """The server's wall clock, epoch ms; None where that is this machine's own."""

    def close(self) -> None:
        """End the connection; safe twice."""
