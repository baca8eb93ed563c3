"""What was asked of the fleet about a job: when it is due, edits included, and how it is run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CLAIMED_MS = 3000
"""So long after an edit its instants may be settled already: a clock that is ahead claimed them."""
FOR_EVER = 1 << 60


@dataclass(frozen=True, slots=True)
class Edit:
    """From some moment between `asked` and `answered` on a job is due each `every_ms`.

    It rests before `rests_until` (epoch ms; 0: it does not rest).
    """

    asked: int
    answered: int
    every_ms: int
    rests_until: int = 0


@dataclass(frozen=True, slots=True)
class Spell:
    """Instants of one schedule: due perhaps within the outer bounds, for sure within the inner."""

    every_ms: int
    phase_ms: int
    perhaps: tuple[int, int]
    sure: tuple[int, int]
    ends_in_rest: bool = False

    def within(self, first: int, last: int) -> range:
        """Its instants from `first` on up to and with `last`."""
        begin = -(-(first - self.phase_ms) // self.every_ms) * self.every_ms
        return range(begin + self.phase_ms, last + 1, self.every_ms)

    def has(self, plan: int) -> bool:
        """Whether the schedule knows the instant."""
        return (plan - self.phase_ms) % self.every_ms == 0


@dataclass(frozen=True, slots=True)
class Promise:
    """A job that is due at every whole multiple of `every_ms`, and `phase_ms` later.

    Due for sure between `saved` (the save was answered) and `dropped` (its deletion was asked
    for); due perhaps already from `asked`, and until `gone`. None: not yet. `edits` change that.
    `shares` are those of a job on several hosts; each is due by itself. `retries` is how often a
    failed run is tried again, a lost one only with `rerun_lost`, not before `delay_ms`.
    """

    job: str
    every_ms: int
    asked: int
    saved: int
    dropped: int | None = None
    gone: int | None = None
    overlap: str = "skip"
    phase_ms: int = 0
    edits: tuple[Edit, ...] = ()
    shares: tuple[str, ...] = ()
    retries: int = 0
    rerun_lost: bool = False
    delay_ms: int = 0

    @property
    def overlaps(self) -> bool:
        """Whether runs of it may be beside each other."""
        return self.overlap == "allow"

    @property
    def attempts(self) -> int:
        """The most further attempts of a run."""
        return max(self.retries, 3) if self.rerun_lost else self.retries

    @property
    def units(self) -> tuple[str, ...]:
        """What is due by itself."""
        return tuple(f"{self.job}#{share}" for share in self.shares) or (self.job,)

    def spells(self) -> Iterator[Spell]:
        """Its schedules, one after the other."""
        sure, perhaps, rests = self.saved, self.asked, 0
        every = self.every_ms
        for edit in self.edits:
            ends = (edit.answered, edit.asked)
            yield self._spell(every, (perhaps, sure), ends, rests, bool(edit.rests_until))
            perhaps, sure = edit.asked, edit.answered + CLAIMED_MS
            every, rests = edit.every_ms, edit.rests_until
        gone = FOR_EVER if self.gone is None else self.gone
        dropped = FOR_EVER if self.dropped is None else self.dropped
        yield self._spell(every, (perhaps, sure), (gone, dropped), rests, True)

    def _spell(
        self, every: int, begins: tuple[int, int], ends: tuple[int, int], rests: int, resting: bool
    ) -> Spell:
        perhaps, sure = (max(begin, rests - 1) for begin in begins)
        outer, inner = ends
        return Spell(every, self.phase_ms, (perhaps + 1, outer), (sure + 1, inner), resting)

    def due(self, until: int) -> Sequence[int]:
        """The instants that are due for sure, up to and with `until`."""
        spells = list(self.spells())
        if len(spells) == 1:
            return _sure(spells[0], until)
        return [plan for spell in spells for plan in _sure(spell, until)]

    def may_be_due(self, plan: int, slack_ms: int, ahead_ms: int = 0) -> bool:
        """Whether a start at `plan` breaks no promise.

        A rest and a deletion are heard of within the slack; what was claimed up to `ahead_ms`
        before another edit is run all the same.
        """
        return any(
            spell.has(plan)
            and spell.perhaps[0] <= plan
            and plan <= spell.perhaps[1] + slack_ms + (0 if spell.ends_in_rest else ahead_ms)
            for spell in self.spells()
        )

    def most(self, last: int) -> int:
        """How often it has been due up to `last`, at most."""
        return sum(
            len(spell.within(spell.perhaps[0], min(last, spell.perhaps[1] + CLAIMED_MS)))
            for spell in self.spells()
        )

    def counts(self, first: int, last: int) -> set[int]:
        """How many instants a gap from one instant to another may have, by each schedule."""
        spells = [spell for spell in self.spells() if spell.has(first) and spell.has(last)]
        return {len(spell.within(first, last)) for spell in spells}

    def edited(self, plan: int) -> bool:
        """Whether an edit was so near an instant that what was claimed was settled by it."""
        return any(edit.asked - CLAIMED_MS < plan <= edit.answered for edit in self.edits)

    def resting(self, begun: int, ended: int) -> bool:
        """Whether it rested for sure all the while between two moments."""
        following = [edit.asked for edit in self.edits[1:]] + [self.dropped or FOR_EVER]
        return any(
            edit.answered <= begun and ended < min(end, edit.rests_until)
            for edit, end in zip(self.edits, following, strict=False)
        )


def _sure(spell: Spell, until: int) -> range:
    return spell.within(spell.sure[0], min(spell.sure[1], until))
