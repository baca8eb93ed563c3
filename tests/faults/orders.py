"""What was asked for beside the schedule: to run a job now, and to end its runs."""

from __future__ import annotations

from dataclasses import dataclass

RUN, KILL = "run", "kill"


@dataclass(frozen=True, slots=True)
class Order:
    """One request, `asked` and `answered` at epoch ms; `answered` None: nobody knows what it did.

    `runs` of a RUN are those that will be; those of a KILL are said to be dead. `only` is the
    run that a kill was asked for, "" for all of the job.
    """

    what: str
    job: str
    asked: int
    answered: int | None = None
    runs: tuple[str, ...] = ()
    only: str = ""
