"""What outlived the command of a run, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from common.job import Job

KEEP = "keep"
"""The `leftovers` of a job whose processes go on."""


@dataclass(frozen=True, slots=True)
class Outlived:
    """`left` is how many processes did: they were ended, or go on where the job says so; None:
    nobody could see that.

    `undying` says that something is there still after KILL, or that nobody could see that, `unread`
    that nobody reads what those print that go on, `unclear` that something was left meanwhile that
    may be of this run or of another.
    """

    left: int | None = 0
    undying: bool = False
    unread: bool = False
    unclear: bool = False

    def remarks(self, job: Job) -> Iterator[str]:
        """What a record says of it, a sentence each."""
        keeps = job.leftovers == KEEP
        if self.left is None:
            yield "what it left could not be looked for: too many files were open"
        elif self.left == 1:
            yield f"left 1 process, which {'goes on' if keeps else 'was ended'}"
        elif self.left:
            yield f"left {self.left} processes, which {'go on' if keeps else 'were ended'}"
        if self.undying and self.left is not None:
            yield "some of its processes may live on: nobody saw KILL end them"
        if self.unread:
            yield "what goes on prints to nobody, since too much does: its next line may end it"
        if self.unclear:
            yield "a process was left while it ran, and nobody can say by which run"
