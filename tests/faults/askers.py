"""People who ask for things all the while: each has some jobs, and does to them what comes up."""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence

from tests.faults.bench_job import Job
from tests.faults.evidence import Violation

log = logging.getLogger(__name__)

BREAK_SECONDS = (0.5, 3.0)
REST_SECONDS = (3.0, 15.0)
EVERY = (2, 3, 5, 6, 10)
"""What a job's schedule may be changed to: each so many seconds."""

Ask = Callable[[Job, random.Random], str]


def run_now(job: Job, choice: random.Random) -> str:
    """Run it, wherever."""
    job.run()
    return "run"


def kill_all(job: Job, choice: random.Random) -> str:
    """Kill what runs of it."""
    job.kill_surely()
    return "kill"


def kill_one(job: Job, choice: random.Random) -> str:
    """Kill one of the runs that began last, whether it lives or not."""
    starts = job.starts()[-2:]
    if not starts:
        return "nothing"
    job.kill_surely(choice.choice(starts).run_id)
    return "kill of a run"


def rest(job: Job, choice: random.Random) -> str:
    """Pause it, with an end or without one; a job that is paused goes on."""
    if job.rests:
        job.resume()
        return "resume"
    job.rest(choice.choice((0, choice.uniform(*REST_SECONDS))))
    return "pause"


def reschedule(job: Job, choice: random.Random) -> str:
    """Change its schedule."""
    job.reschedule(choice.choice(EVERY))
    return "edit"


ASKS: tuple[Ask, ...] = (run_now, run_now, kill_all, kill_one, rest, rest, reschedule)


class Asker:
    """One who asks, on a thread of its own until `stop`; `broken` says what they could not do."""

    def __init__(self, jobs: Sequence[Job], seed: int, asks: Sequence[Ask] = ASKS) -> None:
        self.broken: list[Violation] = []
        self.asked: Counter[str] = Counter()
        self._jobs = jobs
        self._choice = random.Random(seed)
        self._asks = asks
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"asker-{seed}", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more; returns when the last answer is there."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._choice.uniform(*BREAK_SECONDS)):
            job, ask = self._choice.choice(self._jobs), self._choice.choice(self._asks)
            try:
                self.asked[ask(job, self._choice)] += 1
            except AssertionError as error:
                self.broken.append(Violation("edits", job.name, str(error)))
                return
