"""Claims under way: asked for, and not answered yet."""

from __future__ import annotations

from common.job import Job
from worker.claim import Claim


class UnderWay:
    """The jobs as they were when their claims were asked for, by run id.

    Owned by the scheduler's thread. Only a look is asked for where others come first: that
    becomes no run by itself.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._looks: set[str] = set()

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._jobs

    @property
    def runs(self) -> int:
        """How many runs they may become."""
        return len(self._jobs) - len(self._looks)

    def begin(self, claim: Claim, job: Job, look: bool) -> None:
        """A claim, or only a look, is asked for."""
        self._jobs[claim.run_id] = job
        if look:
            self._looks.add(claim.run_id)

    def end(self, claim: Claim) -> Job | None:
        """It was answered; what the job was, None where that was heard before."""
        self._looks.discard(claim.run_id)
        return self._jobs.pop(claim.run_id, None)
