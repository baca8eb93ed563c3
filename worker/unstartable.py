"""Why a command could not be started, as a sentence for whoever looks after its job."""

from __future__ import annotations

import os

from worker.exhaustion import exhausted
from worker.identity import CouldNotStart


def why_unstarted(error: OSError | ValueError | CouldNotStart) -> str:
    """What an error between an order and its command means; the words follow "could not start:".

    ValueError is for text that no command can be given; CouldNotStart says itself what is wrong,
    also with the program (`command_start.why_not`). A file is one that the run was to be given.
    """
    if not isinstance(error, OSError) or not error.errno:
        return str(error)
    if said := exhausted(error.errno):
        return said
    why = os.strerror(error.errno)
    return f"{os.fsdecode(error.filename)}: {why}" if error.filename else why
