"""A run's baggage: what a later life of its worker needs to go on with the run and to end it.

Its executor carries it as a text that it never reads, and gives it back with the run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from common.errors import FleetcronError, InvalidField
from common.job import Job, job_from_document, job_to_document
from common.owed import Gap
from common.strict_json import parse_object
from worker.claim import Claim

MOST_TEXTS = 8192
_CLAIM = tuple((field.name, field.default) for field in fields(Claim))
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_KINDS: Mapping[str, Any] = {"str": str, "int": int, "bool": bool, "int | None": int | None}
_CHECKS = tuple((field.name, _KINDS.get(str(field.type))) for field in fields(Claim))
_LEFT_OUT = frozenset(("description", "owner", "labels", "where"))
"""What of a job says nothing about how its run is to be ended, and may be long."""


class UnreadableBaggage(FleetcronError):
    """A text that is no run's baggage, or of a version that says other things."""


@dataclass(frozen=True, slots=True)
class Baggage:
    """A run as it was handed out: its claim, its job as it was then, and the claim's revision.

    `created` is the revision that created its key; `real_time` is when it was handed out, epoch
    ms. Of the job not all is kept, but whatever its run and its end depend on.
    """

    claim: Claim
    job: Job
    fence: int
    created: int
    real_time: int


class JobTexts:
    """What baggage says of jobs, kept while their runs are given the same objects again.

    Belongs to one thread.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Job, str]] = {}

    def of(self, job: Job) -> str:
        """The JSON of a job, as far as it is not a default."""
        known = self._known.get(id(job))
        if known is None or known[0] is not job:
            if len(self._known) >= MOST_TEXTS:
                self._known.clear()
            known = self._known[id(job)] = (job, _job_text(job))
        return known[1]


def _job_text(own: Job) -> str:
    job = {
        name: value
        for name, value in job_to_document(own).items()
        if name not in _LEFT_OUT and name not in own.others
    }
    return _ENCODER.encode(job)


def pack_baggage(baggage: Baggage, job_text: Callable[[Job], str] = _job_text) -> str:
    """The text of a run's baggage, as short as it can be."""
    claim, own = baggage.claim, baggage.job
    said: dict[str, Any] = {
        name: value for name, default in _CLAIM if (value := getattr(claim, name)) != default
    }
    said["gap"] = asdict(claim.gap) if claim.gap else None
    if claim.command == own.command:
        del said["command"]
    numbers = {"fence": baggage.fence, "created": baggage.created, "realTime": baggage.real_time}
    said_of_it = _ENCODER.encode({**numbers, "claim": said})
    return f'{said_of_it[:-1]},"job":{job_text(own)}}}'


def unpack_baggage(text: str) -> Baggage:
    """What the text says; UnreadableBaggage where `pack_baggage` did not write it.

    What a later version says beside it is ignored.
    """
    try:
        said = parse_object(text.encode(), "baggage")
        fence, created, real_time = (said[name] for name in ("fence", "created", "realTime"))
        job = replace(job_from_document(said["job"]), others={})
        claim = _claim({"command": job.command, **said["claim"]})
        return Baggage(claim, job, *map(_number, (fence, created, real_time)))
    except (InvalidField, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableBaggage(f"no run's baggage: {error!r:.200}") from error


def _claim(said: Mapping[str, Any]) -> Claim:
    values = {name: said[name] for name, _ in _CLAIM if name in said}
    for name, kind in _CHECKS:
        if kind and name in values and not isinstance(values[name], kind):
            raise ValueError(f"{name} is none of ours")
    gap = values["gap"]
    return Claim(**{**values, "gap": Gap(**gap) if gap else None})


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError("no number of ours")
    return value
