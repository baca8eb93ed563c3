"""Where a job that is asked for by hand is to run: which workers are there, and what they lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.constants import JOB_WORKER_DIR
from common.errors import InvalidField
from common.job import Job
from common.labels import registered_labels
from common.protocol import extract_worker_ip
from common.selector import failing
from common.store import Store
from common.strict_json import parse_object


@dataclass(frozen=True, slots=True)
class Place:
    """A registered worker of ours: whether it takes runs, and its labels."""

    worker: str
    draining: bool
    labels: Mapping[str, str]


def places(store: Store) -> list[Place]:
    """The workers that are registered now, but for Go workers and what nobody of ours wrote."""
    found = []
    for entry in store.snapshot(JOB_WORKER_DIR).entries:
        try:
            document = parse_object(entry.value, "registration")
            labels = registered_labels(document)
        except InvalidField:
            continue
        draining = document.get("draining") is True
        found.append(Place(extract_worker_ip(entry.key), draining, labels))
    return found


def check_place(job: Job, there: Sequence[Place], worker: str, host: str) -> None:
    """Return when that worker, or one of that host, may run the job now.

    InvalidField says who is not there, which term fails, or that it takes no runs.
    """
    field, wanted = ("worker", worker) if worker else ("host", host)
    meant = [each for each in there if wanted == (each.worker if worker else _host(each))]
    if not meant:
        raise InvalidField(field, f"{wanted[:140]!r} is not registered")
    taking = [each for each in meant if not each.draining]
    if not taking:
        raise InvalidField(field, f"{wanted!r} is draining, and takes no runs")
    terms = [failing(job.where, each.labels) for each in taking]
    if all(terms):
        raise InvalidField(field, f"the job may not run on {wanted!r}: {terms[0]} does not hold")


def shares(job: Job, there: Sequence[Place], worker: str) -> list[tuple[str, str]]:
    """The shares that are asked for, each with the worker that is to run it ("" for any).

    InvalidField where a job is to run on all workers, and no worker may run it.
    """
    if job.hosts == "any":
        return [("", worker)]
    if isinstance(job.hosts, int):
        return [("0", worker)] if worker else [(str(n), "") for n in range(job.hosts)]
    if worker:
        return [(worker, worker)]
    fitting = [each for each in there if not each.draining and not failing(job.where, each.labels)]
    if not fitting:
        raise InvalidField("hosts", "no worker is there that may run the job")
    return [(each.worker, each.worker) for each in fitting]


def on_host(job: Job, there: Sequence[Place], host: str) -> str:
    """A worker of the host that may run the job; "" where none does."""
    fitting = (each for each in there if _host(each) == host and not each.draining)
    names = (each.worker for each in fitting if not failing(job.where, each.labels))
    return next(names, "")


def _host(place: Place) -> str:
    return place.labels.get("host", "")
