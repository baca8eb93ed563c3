"""What is said of a job while Go workers are registered, which know less of it than ours."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from common.constants import JOB_WORKER_DIR
from common.job import Job
from common.protocol import extract_worker_ip
from common.store import Store
from master.names import in_a_row

SHOWN = 5


def unheard_of(store: Store, jobs: Sequence[Job]) -> list[list[str]]:
    """For each job what Go workers that are registered do not heed; the store's errors."""
    if not any(map(_unheard, jobs)):
        return [[] for _ in jobs]
    entries = store.snapshot(JOB_WORKER_DIR).entries
    there = [extract_worker_ip(entry.key) for entry in entries if not entry.value]
    return [warnings(job, there) for job in jobs]


def warnings(job: Job, there: Collection[str]) -> list[str]:
    """That these Go workers run the job whatever it says, as a sentence that names the fields."""
    fields = ", ".join(_unheard(job))
    if not fields or not there:
        return []
    names = in_a_row(sorted(there), SHOWN)
    return [f"{fields}: Go workers are registered ({names}), and run this job whatever that says"]


def _unheard(job: Job) -> list[str]:
    said = {
        "where": bool(job.where),
        "hosts": job.hosts != "any",
        "overlap": job.overlap != "skip",
        "paused": job.paused,
    }
    return [field for field, is_said in said.items() if is_said]
