"""A child that is held from its first moment, or is none."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from worker.nursery_call import Request


def start_held(
    request: Request, environment: Mapping[str, str], directory: str | None = None
) -> tuple[subprocess.Popen[bytes], int]:
    """Start what is requested, in a session of its own: the child, and a pidfd of it.

    OSError where one of the two is not to be had: then nothing runs. ValueError for words that
    cannot be a command line.
    """
    child = subprocess.Popen(
        request.argv,
        stdin=subprocess.DEVNULL,
        stdout=request.stdout,
        env=environment,
        cwd=directory,
        start_new_session=True,
    )
    try:
        return child, os.pidfd_open(child.pid)
    except OSError:
        child.kill()
        child.wait()
        raise
