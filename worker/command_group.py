"""Signals to process groups and to processes that are held, and waiting for their deaths."""

import os
import select
import signal
import time
from collections.abc import Iterable


def signal_group(group: int, number: int) -> bool:
    """Send a signal to every process of the group, whose leader must not have been reaped yet.

    False when we may send it to none of them.
    """
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass
    except PermissionError:
        return False
    return True


def await_deaths(pidfds: Iterable[int], seconds: float) -> bool:
    """Wait until all these processes are dead, `seconds` at most; closes the descriptors."""
    deadline = time.monotonic() + seconds
    dead = True
    for pidfd in pidfds:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        left = max(0.0, deadline - time.monotonic())
        dead = bool(poll.poll(int(left * 1000))) and dead
        os.close(pidfd)
    return dead


def held(pids: Iterable[int]) -> list[int]:
    """A pidfd for each of these processes that is still there and can be held."""
    pidfds = []
    for pid in pids:
        try:
            pidfds.append(os.pidfd_open(pid))
        except OSError:
            continue
    return pidfds


def send(pidfds: Iterable[int], *numbers: int) -> None:
    """Send these signals to processes that are held, as far as they live and we may."""
    for pidfd in pidfds:
        for number in numbers:
            try:
                signal.pidfd_send_signal(pidfd, number)
            except (ProcessLookupError, PermissionError):
                break
