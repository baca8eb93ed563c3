"""Jobs as a worker plans them, without a store."""

from common.job import Job, pack_job
from worker.planned import JobReader, Planned


def planned(job: Job, revision: int = 1, created: int = 0) -> Planned:
    """The job as it was put at this revision, read as the watch reads it."""
    return JobReader("UTC").read(job.name, pack_job(job), revision, created)
