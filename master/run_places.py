"""Where a job that is asked for by hand is to run: which workers are there, and what they lack."""

from __future__ import annotations

from collections.abc import Sequence

from common.errors import InvalidField
from common.job import Job
from master.eligible import nobody, too_few
from master.names import in_a_row
from master.registered import Registered


def check_place(job: Job, there: Sequence[Registered], worker: str, host: str) -> None:
    """Return when that worker, or one of that host, may run the job now.

    InvalidField says who is not there, which term fails, or that it takes no runs.
    """
    field, wanted = ("worker", worker) if worker else ("host", host)
    meant = [each for each in there if wanted == (each.name if worker else _host(each))]
    if not meant:
        known = dict.fromkeys(each.name if worker else _host(each) for each in there)
        told = f"; there are: {in_a_row(known) or 'none'}"
        raise InvalidField(field, f"{wanted[:140]!r} is not registered{told}")
    taking = [each for each in meant if not each.draining]
    if not taking:
        raise InvalidField(field, f"{wanted!r} is draining, and takes no runs")
    terms = [each.failing(job.where) for each in taking]
    if all(terms):
        raise InvalidField(field, f"the job may not run on {wanted!r}: {terms[0]} does not hold")


def doubts(job: Job, there: Sequence[Registered]) -> list[str]:
    """A sentence on why nobody, or fewer than it asks for, would run the job now; else none."""
    if _taking(job, there):
        return [*too_few(job, there), *without_room(job, there)]
    if any(not each.failing(job.where) for each in there):
        why = "all workers that may run it are draining"
    else:
        why = f"where: {nobody(job.where, there)}" if there else "no worker is registered"
    return [f"{why}; if none may run it within ten minutes, it is missed"]


def meant(there: Sequence[Registered], worker: str, host: str) -> Sequence[Registered]:
    """Those that are named by their name or their host; all where neither is given."""
    if not (worker or host):
        return there
    return [each for each in there if worker in ("", each.name) and host in ("", _host(each))]


def without_room(job: Job, there: Sequence[Registered]) -> list[str]:
    """A sentence where those that may run the job now are full, all of them; else none."""
    taking = _taking(job, there)
    if not taking or any(each.room for each in taking):
        return []
    short = next((f" (short of {each.short_of})" for each in taking if each.short_of), "")
    who = "the worker that may run it is" if len(taking) == 1 else "all workers that may run it are"
    return [f"{who} full{short}; if there is no room within ten minutes, it is missed"]


def shares(job: Job, there: Sequence[Registered], worker: str) -> list[tuple[str, str]]:
    """The shares that are asked for, each with the worker that is to run it ("" for any).

    No more than there are workers for, so that none runs two. Where nobody may run the job now all
    are asked for; InvalidField if it is to run on all workers.
    """
    if job.hosts == "any":
        return [("", worker)]
    fitting = _taking(job, there)
    if isinstance(job.hosts, int):
        count = min(job.hosts, len(fitting) or job.hosts)
        return [("0", worker)] if worker else [(str(n), "") for n in range(count)]
    if worker:
        return [(worker, worker)]
    if not fitting:
        raise InvalidField("hosts", "no worker is there that may run the job")
    return [(each.name, each.name) for each in fitting]


def on_host(job: Job, there: Sequence[Registered], host: str) -> str:
    """A worker of the host that may run the job; "" where none does."""
    fitting = (each for each in there if _host(each) == host and not each.draining)
    names = (each.name for each in fitting if not each.failing(job.where))
    return next(names, "")


def _taking(job: Job, there: Sequence[Registered]) -> list[Registered]:
    """Those that may run the job and are not draining."""
    return [each for each in there if not each.draining and not each.failing(job.where)]


def _host(worker: Registered) -> str:
    return worker.labels.get("host", "")
