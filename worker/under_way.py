"""Claims under way: asked for, and not answered yet."""

from __future__ import annotations

from common.job import Job
from worker.claim import Claim


class UnderWay:
    """The jobs as they were when their claims were asked for, by run id.

    Owned by the scheduler's thread. Only a look is asked for where others come first, and what is
    too late is only recorded: neither becomes a run, nor needs a job.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, Job | None] = {}
        self._runless = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._jobs

    @property
    def runs(self) -> int:
        """How many runs they may become."""
        return len(self._jobs) - self._runless

    def begin(self, claim: Claim, job: Job | None) -> None:
        """A claim is asked for, or without a job what becomes no run."""
        self._jobs[claim.run_id] = job
        self._runless += job is None

    def end(self, claim: Claim) -> Job | None:
        """It was answered; what the job was, None where that was heard before."""
        if claim.run_id not in self._jobs:
            return None
        job = self._jobs.pop(claim.run_id)
        self._runless -= job is None
        return job
