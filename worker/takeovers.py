"""What dead incarnations left under run keys: taken over by one of the living, by its state."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from common import keys
from common.clock import Clock
from common.errors import StoreFull, StoreRefused
from common.owed import ENDED, NOBODY, RUNNING, Owed, pack
from common.record import LOST
from common.store import Entry, Outcome
from worker.claim import job_and_run
from worker.committer import Answer, Posting
from worker.finish import take_over
from worker.heirs import first_heir
from worker.kills import why_meant
from worker.retrying import Retry, rerun_of

log = logging.getLogger(__name__)

LOST_SENTENCE = "the worker was lost, and with it how the run ended"

Owing = tuple[Entry, Owed]


class Takeovers:
    """Belongs to the claimer's thread. `taken` hears of each key that became ours: as it was
    before, what it says now, and its revision.

    What another living worker comes first for is left to it for `seconds`, then taken all the same.
    """

    def __init__(
        self,
        clock: Clock,
        seconds: float,
        taken: Callable[[Entry, Owed, int], None],
        refused: Callable[[str, str], None],
    ) -> None:
        self._clock = clock
        self._seconds = seconds
        self._taken = taken
        self._refused = refused
        self._seen: dict[str, float] = {}
        self._due: deque[Owing] = deque()
        self._mine = ""

    def __len__(self) -> int:
        return len(self._due)

    def choose(self, owing: Sequence[Owing], mine: str, living: set[str], told: set[str]) -> None:
        """Which of all that the dead left is now this incarnation's to take.

        `told` are dead ones for which this worker was said to come first.
        """
        now = self._clock.boot()
        self._mine = mine
        self._seen = {entry.key: self._seen.get(entry.key, now) for entry, _ in owing}
        self._due = deque(
            (entry, owed)
            for entry, owed in owing
            if owed.incarnation in told
            or now - self._seen[entry.key] >= self._seconds
            or first_heir(_name(entry, owed), living) == mine
        )

    def next(self, most: int, still: Callable[[], bool]) -> list[Posting]:
        """What takes over the next of them; each is sent again while that makes sense `still`."""
        some = [self._due.popleft() for _ in range(min(most, len(self._due)))]
        return [self._posting(entry, owed, still) for entry, owed in some]

    def _posting(
        self, entry: Entry, owed: Owed, still: Callable[[], bool], killer: Entry | None = None
    ) -> Posting:
        """`killer` is the kill of the job that is known; at first none is."""
        mine, retry = replace(owed, incarnation=self._mine), None
        if owed.state == RUNNING:
            name, run_id = job_and_run(entry.key)
            retry = rerun_of(name, run_id, mine)
            why = why_meant(name, killer, run_id, entry.created) if retry else ""
            err = f"{LOST_SENTENCE}; it is not run again: {why}" if why else LOST_SENTENCE
            retry = None if why else retry
            mine = replace(mine, state=ENDED, outcome=LOST, err=err, lost=True)
        kill = killer.revision if killer else 0
        asked = take_over(entry.key, entry.revision, owed.incarnation, mine, retry, kill)
        again = partial(self._posting, entry, owed, still)
        heard = partial(self._heard, entry, owed.incarnation, mine, retry, kill, again)
        return Posting(asked, heard, still)

    def _heard(
        self,
        entry: Entry,
        dead: str,
        mine: Owed,
        retry: Retry | None,
        kill: int,
        again: Callable[[Entry | None], Posting],
        answer: Answer,
    ) -> list[Posting]:
        key = entry.key
        if isinstance(answer, StoreFull):
            log.debug("%s is not taken over yet: %s", key, answer)
        elif isinstance(answer, StoreRefused):
            self._refused(key, f"could not be taken over ({answer})")
        elif answer is not None and (revision := _taken_at(key, mine, answer)):
            name, run_id = job_and_run(key)
            what = mine.outcome or mine.state
            log.info("job=%s run=%s: settled as %s for %s", name, run_id, what, dead)
            self._seen.pop(key, None)
            self._taken(entry, mine, revision)
            if retry:
                put = Entry(retry.run_key, b"", revision, revision)
                self._taken(put, retry.owed, revision)
        elif answer is not None and retry and _stands(entry, answer):
            killer = answer.reads.get(keys.killer(retry.name))
            if kill != (killer.revision if killer else 0):
                return [again(killer)]
        return []


def _taken_at(key: str, mine: Owed, answer: Outcome) -> int:
    """The revision at which a key became ours, perhaps by an earlier copy; 0: it did not."""
    if answer.won:
        return answer.revision
    entry = answer.reads.get(key)
    return entry.revision if entry and entry.value == pack(mine) else 0


def _stands(entry: Entry, answer: Outcome) -> bool:
    """Whether a key that was not taken over is as it was."""
    there = answer.reads.get(entry.key)
    return there is not None and there.revision == entry.revision


def _name(entry: Entry, owed: Owed) -> str:
    """What the living are ranked for; what nobody ever held is dealt out key by key."""
    return entry.key if owed.incarnation == NOBODY else owed.incarnation
