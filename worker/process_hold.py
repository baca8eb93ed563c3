"""Processes that are signalled and waited for, each held while its number could pass to another."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from worker.process_stat import Process, process_of
from worker.spare import SPARE


@contextmanager
def held(process: Process) -> Iterator[int]:
    """A pidfd of this process meanwhile; -1 when it is gone. OSError where there is none for it."""
    try:
        pidfd = SPARE.lend(partial(os.pidfd_open, process.pid))
    except ProcessLookupError:
        yield -1
        return
    try:
        now = process_of(process.pid)
        yield pidfd if now is not None and now.ticks == process.ticks else -1
    finally:
        os.close(pidfd)


def signal_each(processes: Iterable[Process], *numbers: int) -> None:
    """Send these signals to processes, as far as they live and we may; one is held at a time.

    OSError as `held`.
    """
    for process in processes:
        with held(process) as pidfd:
            if pidfd >= 0:
                _send(pidfd, numbers)


def await_gone(processes: Iterable[Process], seconds: float) -> bool:
    """Wait until all of these have died, `seconds` at most; OSError as `held`."""
    deadline = time.monotonic() + seconds
    gone = True
    for process in processes:
        with held(process) as pidfd:
            if pidfd >= 0:
                poll = select.poll()
                poll.register(pidfd, select.POLLIN)
                left = max(0.0, deadline - time.monotonic())
                gone = bool(poll.poll(int(left * 1000))) and gone
    return gone


def _send(pidfd: int, numbers: Iterable[int]) -> None:
    for number in numbers:
        try:
            signal.pidfd_send_signal(pidfd, number)
        except (ProcessLookupError, PermissionError):
            return
