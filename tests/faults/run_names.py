"""What a run id says, read without the product's own code."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMED = re.compile(r"([^@]+)@(\d+)(?:!(\w+))?(?:\+(\d+))?")


@dataclass(frozen=True, slots=True)
class Named:
    """A unit (a job, or its share `job#k`), its instant, who asked ("" the schedule), the attempt.

    `plan` is epoch ms, None in what is no run id, as that of a gap.
    """

    unit: str
    plan: int | None = None
    manual: str = ""
    attempt: int = 0

    @property
    def scheduled(self) -> bool:
        """Whether it is the first run of a due instant."""
        return not self.manual and not self.attempt

    @property
    def first(self) -> tuple[str, int | None, str]:
        """What all attempts of a run have in common."""
        return self.unit, self.plan, self.manual


def named(run_id: str) -> Named:
    """What the id says; of one that is none only what it is of."""
    found = _NAMED.fullmatch(run_id)
    if found is None:
        return Named(run_id.partition("@")[0])
    unit, plan, manual, attempt = found.groups()
    return Named(unit, int(plan), manual or "", int(attempt or 0))


def unit_of(run_id: str, job: str) -> str:
    """The unit whose run it is; the job where the id says nothing."""
    return run_id.partition("@")[0] if "@" in run_id else job
