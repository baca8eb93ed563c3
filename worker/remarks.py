"""What a run's record says beside how it was judged: what it left, and what did not limit it."""

from __future__ import annotations

from collections.abc import Iterator

from common.job import Job
from common.record import FAILED, REMARK
from worker.judgement import Judgement
from worker.outlived import Outlived
from worker.trees import Bounds

FEW_FILES = 16
"""A shell has its three, the libraries that it loads, and descriptors above 10."""
FEW_PROCESSES = 5
"""A shell with a pipe of two is three, and each thread that a program begins with is one."""


def remarks(judged: Judgement, job: Job, outlived: Outlived, bounds: Bounds) -> str:
    """The `reason` of a record: that of its judgement, and a remark for each thing beside it.

    `outlived` is what outlived the command, `bounds` were to hold it.
    """
    said = [judged.reason, *outlived.remarks(job)]
    if bounds.unkept:
        said.append(f"not limited here, without {_lacking(bounds)}: {', '.join(bounds.unkept)}")
    if judged.outcome == FAILED:
        said += _narrow(job, bounds)
    return REMARK.join(filter(None, said))


def _narrow(job: Job, bounds: Bounds) -> Iterator[str]:
    """What of the limits that held it may have failed a run that did not expect them."""
    if bounds.memory_is_each:
        what = "limitMemoryBytes is each process's address space"
        yield f"{what} here, without {_lacking(bounds)}"
    for field, limit, few in (
        ("limitOpenFiles", job.limit_open_files, FEW_FILES),
        ("limitProcesses", job.limit_processes, FEW_PROCESSES),
    ):
        if 0 < limit < few and field not in bounds.unkept:
            yield f"{field} is {limit}, which is less than most programs need"


def _lacking(bounds: Bounds) -> str:
    return "the cgroup controller for it" if bounds.cgroup else "a cgroup"
