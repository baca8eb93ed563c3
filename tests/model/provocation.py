"""What a world leaves to chance, so that a provocation can make something rare happen often."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tests.model.clock import AHEAD, END, SLOWEST
from tests.model.jobs import Job
from tests.model.network import Fate
from tests.model.steps import Ask, Moment

if TYPE_CHECKING:
    from tests.model.process import Process
    from tests.model.world import World

HOUR = 3_600_000
UNHEARD = 20_000


class Provocation:
    """None: all is left to chance. The others change some of this.

    `calm`: no faults but its own, and clocks are a little apart at most. `by_hand` is the share of
    edits that are made by hand, `edits` what masters do to a job that is there and `bursts` how
    often in a row, `lateness` how late a late copy is, `search` how long a worker waits between two
    looks at what is owed, and `dispute` how often it tries to settle what another is to settle.
    `fallback` is how many keys of a worker may wait for the log store, 0 for any number, and
    `early` the share of runs whose records are stored before their ends are written.
    `ahead` is how long before its instant a claim is made, `beside_go` the share of worlds with a
    Go worker, `go_sleeps` how long that sleeps after an instant, and `only_once` since when no
    instant may be run by it and by us.
    Each world has one of its own.
    """

    calm: bool = False
    by_hand: float = 0.15
    edits: tuple[str, ...] = ("edit", "schedule", "hosts") + 2 * (
        "delete",
        "pause",
        "trigger",
        "kill",
    )
    bursts: tuple[int, ...] = (1, 1, 3)
    lateness: tuple[int, int] = (1000, SLOWEST)
    search: tuple[int, int] = (500, 4000)
    dispute: float = 0.2
    beside_go: float = 0.15
    ahead: tuple[int, int] = (0, AHEAD)
    go_sleeps: tuple[int, int] = (0, 1000)
    only_once: int = END
    fallback: int = 0
    early: float = 0.5

    def prepare(self, world: World) -> None:
        """The world is made and has not begun."""

    def job(self, job: Job, random: Random) -> Job:
        """A job as it is to be made."""
        return job

    def at(self, process: Process, moment: Moment) -> None:
        """A machine is at this place; now is the time to freeze or crash it."""

    def fate(self, process: Process, ask: Ask) -> Fate | None:
        """What becomes of a request; None is left to chance."""
        return None

    def until(self, process: Process) -> int | None:
        """When a freeze or a cut ends; None is left to chance."""
        return None

    def away(self, process: Process) -> int | None:
        """How long a worker that crashed is away; None is left to chance."""
        return None
