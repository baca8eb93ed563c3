"""All rows of the plan, found by a unit, by a job's name and by its slot."""

from __future__ import annotations

from collections.abc import Iterator

from worker.placement import Placement, Touched
from worker.planned import Planned
from worker.row import Row
from worker.shares import Ranking, numbered_ranking, own_ranking, shares_of
from worker.weights import SLOTS, slot_of


class Rows:
    """Owned by the scheduler's thread.

    A job on any host has one row; one on several has one for each share that is our business.
    `is_listed` once all jobs were seen that were there at the start: what has no row is no job.
    """

    def __init__(self, placement: Placement) -> None:
        self._placement = placement
        self.is_listed = False
        self._rows: dict[str, Row] = {}
        self._shared: dict[str, tuple[Row, ...]] = {}
        # Tuples, and rows without a number of their slot, for there may be many.
        self._slots: list[tuple[Row, ...]] = [()] * SLOTS

    def __contains__(self, name: str) -> bool:
        return bool(self.of(name))

    def __len__(self) -> int:
        """How many jobs are planned."""
        shares = sum(map(len, self._shared.values()))
        return len(self._rows) - shares + len(self._shared)

    def get(self, unit: str) -> Row | None:
        """The row of a unit, None when it is not planned."""
        return self._rows.get(unit)

    def of(self, name: str) -> tuple[Row, ...]:
        """All rows of a job."""
        if name in self._shared:
            return self._shared[name]
        row = self._rows.get(name)
        return () if row is None or row.share else (row,)

    def planned(self, name: str) -> Planned | None:
        """A job as it is now; None where it is not planned."""
        rows = self.of(name)
        return rows[0].job if rows else None

    def place(self, job: Planned, share: str = "") -> Row:
        """A new row for a unit that is not planned yet, with its rank."""
        name, where = job.name, job.terms.where
        slot = slot_of(name)
        if where:
            self._placement.use(where, slot)
        if share:
            ranking = self.ranking(job, share)
            row = Row(job, ranking.rank, job.revision, share, ranking.hindrance)
            self._shared[name] = (*self._shared.get(name, ()), row)
        else:
            # Without a ranking, for there may be many.
            row = Row(job, self._placement.rank_in(slot, where), job.revision)
            self._slots[slot] += (row,)
        self._rows[row.unit if share else name] = row
        return row

    def change(self, row: Row, job: Planned) -> None:
        """The row's job is this now; it gets its rank among the workers that it now asks for."""
        slot, before = slot_of(job.name), row.job.terms.where
        self._placement.use(job.terms.where, slot)
        self._placement.release(before, slot)
        row.job = job
        row.rank_as(self.ranking(job, row.share))

    def remove(self, row: Row) -> None:
        """Forget a row that is planned."""
        name = row.job.name
        self._rows.pop(row.unit, None)
        self._placement.release(row.job.terms.where, slot_of(name))
        if not row.share:
            slot = slot_of(name)
            self._slots[slot] = tuple(each for each in self._slots[slot] if each is not row)
            return
        left = tuple(each for each in self._shared[name] if each is not row)
        if left:
            self._shared[name] = left
        else:
            del self._shared[name]

    def shares(self, job: Planned) -> tuple[str, ...]:
        """The shares of a job that are this worker's business; one called "" for any host."""
        return shares_of(job.terms.hosts, self._placement.me)

    def ranking(self, job: Planned, share: str) -> Ranking:
        """This worker's place for a unit."""
        slot, where = slot_of(job.name), job.terms.where
        if not share:
            return Ranking(self._placement.rank_in(slot, where))
        if job.terms.hosts == "all":
            return own_ranking(self._placement.may_run(where))
        order = self._placement.order(slot, where)
        if not order:
            return Ranking(self._placement.rank_in(slot, where), self._placement.nobody(where))
        return numbered_ranking(int(share), job, order, self._placement.me)

    def rests(self, row: Row) -> bool:
        """Whether a unit is this worker's alone, and it may not run the job."""
        return self.ranking(row.job, row.share).rests

    def ranked(self, touched: Touched) -> Iterator[tuple[Row, int | None]]:
        """The rows whose ranking may have changed, with their new ranks; and the rank before.

        So are the shares of touched selectors: which others there are matters to each of them.
        """
        for where, slots in touched.items():
            for slot in slots:
                if rows := self._slots[slot]:
                    rank = self._placement.rank_in(slot, where)
                    for row in rows:
                        if row.job.terms.where == where:
                            before, row.rank = row.rank, rank
                            yield row, before
        for row in [row for rows in self._shared.values() for row in rows]:
            if row.job.terms.hosts != "all" and row.job.terms.where not in touched:
                continue
            before, ranking = row.rank, self.ranking(row.job, row.share)
            if ranking.unknown:
                continue
            changed = (ranking.rank, ranking.hindrance) != (before, row.hindrance)
            if changed or (ranking.rests and not row.rest):
                row.rank_as(ranking)
                yield row, before
