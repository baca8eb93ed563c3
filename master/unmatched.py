"""What is said of a job whose pattern asks for what no line of an output has."""

from __future__ import annotations

from collections.abc import Sequence

from common.fail_pattern import has_newline
from common.job import Job

SAID = "failPattern: a newline in it is never found, for it is looked for line by line"


def unmatched_of(jobs: Sequence[Job]) -> list[list[str]]:
    """For each job what its `failPattern` will never find, as a sentence that names the field."""
    return [[SAID] if has_newline(job.fail_pattern) else [] for job in jobs]
