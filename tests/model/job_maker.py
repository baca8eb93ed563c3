"""The jobs of a world, as its masters make and change them."""

from __future__ import annotations

from random import Random

from tests.model.clock import START_DEADLINE
from tests.model.jobs import Job
from tests.model.provocation import Provocation

OUTLIVES_A_LEASE, SHORT_DEADLINE = 50_000, 5_000


class JobMaker:
    """Makes jobs that fit together: short periods or long ones, edited often or rarely."""

    def __init__(self, random: Random, provocation: Provocation) -> None:
        self._random = random
        self._provocation = provocation
        self._periods = random.choice(
            [[3000, 5000], [5000, 11_000, 20_000], [10_000, 30_000, 60_000]]
        )
        self.pace = random.choice([2000, 8000, 30_000])
        self.names = [f"j{i}" for i in range(random.randint(1, 4))]
        self._made: dict[str, Job] = {}

    def period(self) -> int:
        """A period."""
        return self._random.choice(self._periods)

    def phase(self) -> int:
        """A phase."""
        return self._random.randint(0, 3000)

    def make(self, name: str) -> Job:
        """A job, often the same that was made before."""
        if name not in self._made or self._random.random() < 0.5:
            self._made[name] = self._provocation.job(self._new(name), self._random)
        return self._made[name]

    def _new(self, name: str) -> Job:
        random = self._random
        overlap = random.choice(["skip", "skip", "queue", "replace", "allow"])
        length = random.randint(200, 15_000)
        if overlap == "skip" and random.random() < 0.5:
            length = OUTLIVES_A_LEASE
        return Job(
            name=name,
            period=self.period(),
            phase=self.phase(),
            overlap=overlap,
            catch_up=random.choice(["skip", "latest", "all"]),
            retries=random.choice([0, 2]),
            rerun_lost=random.random() < 0.4,
            length=length,
            hosts=random.choice([2, 2, 3, 5]) if name == "j3" else 1,
            weight=random.choice([1, 1, 4]),
            start_deadline=random.choice([START_DEADLINE, START_DEADLINE, SHORT_DEADLINE]),
        )
