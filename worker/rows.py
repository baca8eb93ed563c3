"""All rows of the plan, found by a job's name and by its slot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from worker.placement import Placement
from worker.planned import Planned
from worker.row import Row
from worker.slots import SLOTS, slot_of


class Rows:
    """Owned by the scheduler's thread."""

    def __init__(self, placement: Placement) -> None:
        self._placement = placement
        self._rows: dict[str, Row] = {}
        # Tuples, and rows without a number of their slot, for there may be many.
        self._slots: list[tuple[Row, ...]] = [()] * SLOTS

    def __contains__(self, name: str) -> bool:
        return name in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, name: str) -> Row | None:
        """The row of a job, None when it is not planned."""
        return self._rows.get(name)

    def place(self, job: Planned) -> Row:
        """A new row for a job that is not planned yet, with its rank."""
        slot = slot_of(job.name)
        row = Row(job, self._placement.rank_in(slot), job.revision)
        self._slots[slot] += (row,)
        self._rows[job.name] = row
        return row

    def remove(self, name: str) -> Row | None:
        """Forget a job's row; what it was, None when there was none."""
        row = self._rows.pop(name, None)
        if row:
            slot = slot_of(name)
            self._slots[slot] = tuple(each for each in self._slots[slot] if each is not row)
        return row

    def ranked(self, slots: Iterable[int]) -> Iterator[tuple[Row, int | None]]:
        """The rows of slots whose ranking changed, with their new ranks; and the rank before."""
        for slot in slots:
            for row in self._slots[slot]:
                before, row.rank = row.rank, self._placement.rank_in(slot)
                yield row, before
