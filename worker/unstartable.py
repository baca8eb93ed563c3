"""Why a command could not be started, as a sentence for whoever looks after its job."""

from __future__ import annotations

import os

from common.job import Job
from worker.exhaustion import exhausted
from worker.identity import CouldNotStart


def why_unstarted(error: OSError | ValueError | CouldNotStart, job: Job) -> str:
    """What an error between an order and its command means; the words follow "could not start:".

    ValueError is for text that no command can be given; CouldNotStart says itself what is wrong,
    also with the program (`command_start.why_not`), before which stands the field that names it. A
    file is one that the run was to be given.
    """
    why = _why(error)
    field, program = ("argv", job.argv[0]) if job.argv else ("shell", job.shell)
    return f"{field} {why}" if why.startswith(f"{program}: ") else why


def _why(error: OSError | ValueError | CouldNotStart) -> str:
    if not isinstance(error, OSError) or not error.errno:
        return str(error)
    if said := exhausted(error.errno):
        return said
    why = os.strerror(error.errno)
    return f"{os.fsdecode(error.filename)}: {why}" if error.filename else why
