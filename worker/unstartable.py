"""Why a command could not be started, as a sentence for whoever looks after its job."""

from __future__ import annotations

import errno
import os

from worker.exhaustion import exhausted
from worker.helper.report import no_interpreter, not_run
from worker.identity import CouldNotStart


def why_unstarted(error: OSError | ValueError | CouldNotStart) -> str:
    """What an error between an order and its command means; the words follow "could not start:".

    ValueError is for text that no command can be given; CouldNotStart says itself what is wrong.
    """
    if not isinstance(error, OSError) or not error.errno:
        return str(error)
    if said := exhausted(error.errno):
        return said
    if not error.filename:
        return error.strerror or str(error)
    program = os.fsdecode(error.filename)
    if error.errno == errno.ENOENT and os.path.isfile(program):
        return no_interpreter(program)
    return not_run(program, error.errno)
