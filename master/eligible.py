"""Which of the registered workers may run a job, and what to say to who saves one for too few."""

from __future__ import annotations

from collections.abc import Sequence

from common.job import Job
from common.store import Store
from master.registered import Registered, registered

SHOWN = 200
"""So many characters of a `where` are repeated in a sentence."""


def warned_of(store: Store, jobs: Sequence[Job]) -> list[list[str]]:
    """For each job what is unwise about where it is to run; the store's errors pass through."""
    if not any(map(_is_choosy, jobs)):
        return [[] for _ in jobs]
    workers = registered(store)
    said: dict[tuple[Sequence[str], str | int], list[str]] = {}
    for job in jobs:
        if (job.where, job.hosts) not in said:
            said[job.where, job.hosts] = warnings(job, workers)
    return [said[job.where, job.hosts] for job in jobs]


def beginners(store: Store, was: Job | None, job: Job | None) -> tuple[str, ...]:
    """The workers of which shares begin with an edit that brings a job to all hosts."""
    if job is None or job.hosts != "all" or (was and was.hosts == "all"):
        return ()
    able = (w for w in registered(store) if not (w.draining or w.unclear or w.failing(job.where)))
    return tuple(worker.name for worker in able)


def _is_choosy(job: Job) -> bool:
    return bool(job.where) or isinstance(job.hosts, int)


def warnings(job: Job, workers: Sequence[Registered]) -> list[str]:
    """What is unwise about where a job is to run, as sentences, each naming the field."""
    if not _is_choosy(job):
        return []
    if not workers:
        return ["no worker is registered now: the job does not run until one is"]
    matching = [worker for worker in workers if not worker.failing(job.where)]
    if not matching:
        return [f"where: {nobody(job.where, workers)}; the job does not run until one does"]
    if all(worker.draining for worker in matching):
        return ["where: all workers that may run this job are draining: it does not run now"]
    return too_few(job, workers)


def too_few(job: Job, workers: Sequence[Registered]) -> list[str]:
    """A sentence where a job asks for more workers than may run it now, and these are some."""
    taking = sum(not (each.draining or each.failing(job.where)) for each in workers)
    if isinstance(job.hosts, int) and taking < job.hosts:
        return [
            f"hosts: {job.hosts} are wanted, and {taking} of the registered workers may run this"
            f" job now: it runs on {taking}"
        ]
    return []


def nobody(where: Sequence[str], workers: Sequence[Registered]) -> str:
    """That nobody matches; where one term is to blame, by that."""
    for term in where:
        if all(worker.failing([term]) for worker in workers):
            return f"no registered worker matches {term[:SHOWN]}"
    return f"no registered worker matches all of {', '.join(where)[:SHOWN]}"
