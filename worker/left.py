"""What this worker left under run keys, and which of it may go since its records are stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

from worker.claim import run_of_key


class Left:
    """Belongs to the claimer's thread. A key is known here until it goes or is another's."""

    def __init__(self) -> None:
        self._revisions: dict[str, int] = {}
        self._awaited: dict[str, int] = {}
        self._early: dict[str, int] = {}
        self._before: dict[str, bool] = {}
        self._durable: dict[str, None] = {}

    def __contains__(self, run_key: str) -> bool:
        return run_key in self._revisions or run_key in self._early

    def __len__(self) -> int:
        return len(self._revisions.keys() | self._early.keys())

    @property
    def standing(self) -> int:
        """How many keys stand."""
        return len(self._revisions)

    @property
    def durable(self) -> int:
        """Of how many of these all that is to be recorded lies in the spool."""
        return len(self._durable)

    def stands(self, run_key: str, revision: int, filings: int = 1, durable: bool = False) -> bool:
        """The key stands as ours, and goes when so many filings of it are stored; whether all are.

        A key that may go at once is not known here any more. `durable` where the spool has it all.
        """
        if durable:
            self._durable[run_key] = None
        self._revisions[run_key] = revision
        self._awaited[run_key] = filings - self._early.pop(run_key, 0)
        if self._awaited[run_key] > 0:
            return False
        self.forget(run_key)
        return True

    def waits(self, run_key: str) -> None:
        """The end of a run of ours is still to be written; a filing stored before counts then."""
        self._early.setdefault(run_key, 0)

    def is_recorded(self, run_key: str) -> bool:
        """Whether a filing of a run of ours whose end is still to be written is stored."""
        return self._early.get(run_key, 0) > 0

    def forget(self, run_key: str) -> None:
        """The key is gone, or another's: what is heard of it does not matter."""
        for known in (self._revisions, self._awaited, self._early, self._durable):
            known.pop(run_key, None)

    @property
    def awaited(self) -> Collection[str]:
        """The runs that were over before, and of which no key was seen yet."""
        return self._before.keys()

    def expect(self, run_ids: Iterable[str]) -> None:
        """These runs were over before: their keys go when they are recorded, seen by then or not.

        They are known here until they are `seen` or no more `awaited`.
        """
        for run_id in run_ids:
            self._before.setdefault(run_id, False)

    def seen(self, run_id: str, run_key: str, revision: int, filings: int = 1) -> bool | None:
        """An awaited run's key stands as ours, as for `stands`; None for a run that is none."""
        recorded = self._before.pop(run_id, None)
        if recorded is None:
            return None
        return self.stands(run_key, revision, filings - recorded, filings == 1)

    def spare(self, most: int) -> list[tuple[str, int]]:
        """The oldest keys, at most so many, of what the spool has; they are not known any more."""
        going = [(key, self._revisions[key]) for key in islice(self._durable, max(0, most))]
        for run_key, _ in going:
            self.forget(run_key)
        return going

    def await_no_more(self, run_ids: Iterable[str]) -> None:
        """Nothing stands for these runs any more."""
        for run_id in run_ids:
            self._before.pop(run_id, None)

    def recorded(self, run_keys: Iterable[str]) -> list[tuple[str, int]]:
        """A filing of each was stored: which keys may go, each with the revision it stands at."""
        going = []
        for run_key in run_keys:
            if run_key in self._early:
                self._early[run_key] += 1
            elif run_key in self._revisions:
                self._awaited[run_key] -= 1
                if not self._awaited[run_key]:
                    going.append((run_key, self._revisions[run_key]))
                    self.forget(run_key)
            elif self._before and (run_id := run_of_key(run_key)) in self._before:
                self._before[run_id] = True
        return going
