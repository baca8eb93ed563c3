"""Ended keys of ours of which only they themselves tell: their records are made of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice

from common.clock import Clock
from common.owed import Owed
from common.owed_record import owed_records
from worker.claim import job_and_run, run_of_key
from worker.filing import Filing
from worker.left import Left

TOLD_SECONDS = 15.0
"""So long former lives may take to tell which records come from elsewhere."""
AT_ONCE = 500


class FromKeys:
    """Belongs to the claimer's thread. A key stands in `left` once its records are filed.

    They wait until it is known what former lives left in the spool, and while too much else waits
    to be recorded. What the spool tells of is not filed, but for the mark that it was lost, unless
    it is said that the key is `alone`.
    """

    def __init__(
        self,
        clock: Clock,
        file: Callable[[Sequence[Filing]], None],
        has_room: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._file = file
        self._has_room = has_room
        self._from = clock.boot() + TOLD_SECONDS
        self._waiting: deque[tuple[str, Owed, int]] = deque()
        self._going: list[tuple[str, int]] = []
        self._alone: dict[str, bool] = {}
        self._instead: dict[str, Owed] = {}
        self.left = Left()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting) + len(self._instead)

    def all_told(self) -> None:
        """Nothing is to be waited for any more."""
        self._from = self._clock.boot()

    def clear(self) -> None:
        """What waits is found again."""
        self._waiting.clear()
        self._instead.clear()

    @property
    def alone(self) -> Collection[str]:
        """The runs of which nobody but their keys says any more what is to be recorded."""
        return self._alone.keys()

    def are_alone(self, run_ids: Iterable[str], told: bool) -> None:
        """So it is of these runs, whose keys may be known here or not; `told` as in `KeysAlone`."""
        for run_id in run_ids:
            self._alone[run_id] = told or self._alone.get(run_id, False)

    def are_gone(self, run_ids: Iterable[str]) -> list[str]:
        """Not even their keys are there; which of these runs executors told of."""
        return [run_id for run_id in run_ids if self._alone.pop(run_id, False)]

    def instead(self, key: str, owed: Owed) -> None:
        """A known key of ours was seen that is alone: it is filed in the place of what was told."""
        self._instead[key] = owed

    def add(self, key: str, owed: Owed, revision: int) -> None:
        """An ended key of ours was seen."""
        goes = self.left.seen(run_of_key(key), key, revision, 2 if owed.lost else 1)
        if goes is None:
            self._waiting.append((key, owed, revision))
            return
        if goes:
            self._going.append((key, revision))
        if owed.lost:
            self.file(key, owed)

    def file_some(self) -> None:
        """File what may be filed now."""
        if self._clock.boot() < self._from or not self._has_room():
            return
        for key in list(islice(self._instead, AT_ONCE)):
            run_id = run_of_key(key)
            told = run_id if self._alone.pop(run_id, False) else ""
            self.file(key, self._instead.pop(key), told)
        for _ in range(min(AT_ONCE, len(self._waiting))):
            key, owed, revision = self._waiting.popleft()
            if run_of_key(key) in self.left.awaited:
                self.add(key, owed, revision)
            elif key not in self.left:
                self.left.stands(key, revision)
                self.file(key, owed)

    def file(self, key: str, owed: Owed, told: str = "") -> None:
        """File the records that a run's key alone can give."""
        name, run_id = job_and_run(key)
        self._file((Filing(tuple(owed_records(name, run_id, owed)), key, told),))

    def going(self) -> list[tuple[str, int]]:
        """The keys, with their revisions, that were seen and are recorded already; each once."""
        going, self._going = self._going, []
        return going
