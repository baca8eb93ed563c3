"""Saving many jobs by one request: all are checked before the first is stored, or only checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from common.errors import ClockOff, FleetcronError, InvalidField
from common.job import Job
from common.strict_json import json_type, parse_json
from master.edits import Edits


class SavedInPart(FleetcronError):
    """Not all jobs of a request were saved; the text names the one and says how many were."""


def save_all(
    edits: Edits,
    body: bytes,
    by: str,
    peer: str,
    warned_of: Callable[[Sequence[Job]], list[list[str]]],
) -> list[dict[str, Any]]:
    """Save the jobs of a JSON body (one, or a list): each one's name, whether it is new or changed.

    `by` is who asked, `peer` from which address; `warned_of` gives the warnings for each, asked
    before anything is changed. SavedInPart when one is refused; in checking, that is before
    anything was changed. ClockOff when none can be saved now.
    """
    jobs = _parse(body)
    warned = warned_of(_check_all(edits, jobs))
    saved: list[dict[str, Any]] = []
    for job, warnings in zip(jobs, warned, strict=True):
        try:
            done = edits.save(job, by, peer)
        except FleetcronError as error:
            raise _failure(jobs, len(saved), len(saved), error) from error
        told = {"created": done.before is None, "changed": done.changed, "warnings": warnings}
        saved.append({"name": job["name"]} | told)
    return saved


def check_all(edits: Edits, body: bytes) -> None:
    """Return when `save_all` would save all of the body's jobs now; SavedInPart says why not."""
    _check_all(edits, _parse(body))


def _parse(body: bytes) -> list[dict[str, Any]]:
    value = parse_json(body, "body", once=True)
    jobs = value if isinstance(value, list) else [value]
    for number, job in enumerate(jobs, 1):
        if not isinstance(job, dict):
            raise InvalidField(f"job {number}", f"expected a JSON object, got {json_type(job)}")
    return jobs


def _check_all(edits: Edits, jobs: Sequence[dict[str, Any]]) -> list[Job]:
    """The jobs that would be stored."""
    found: dict[str, Job] = {}
    for index, job in enumerate(jobs):
        try:
            drafted = edits.check(job)
            if drafted.name in found:
                raise InvalidField("name", "comes twice")
        except ClockOff:
            raise
        except FleetcronError as error:
            raise _failure(jobs, index, 0, error) from error
        found[drafted.name] = drafted
    return list(found.values())


def _failure(
    jobs: Sequence[dict[str, Any]], index: int, saved: int, error: FleetcronError
) -> SavedInPart:
    name = json.dumps(jobs[index].get("name"), ensure_ascii=False)[:140]
    return SavedInPart(f"job {index + 1} ({name}): {error}; {saved} of {len(jobs)} were saved")
