"""What an executor's process is before it runs anything: its mask, its signals, its limits."""

import logging
import os
import resource
import signal
import socket

log = logging.getLogger(__name__)

SPARE_DESCRIPTORS = 32
DESCRIPTORS_PER_RUN = 8
"""While it is spawned: kill, stdin, and two each of the reports, of the output, and of Popen."""
SPARED = 0.8
"""The limit is to be so large that all threads at once take no more than this part of it."""
MOST_RUNS = 1 << 20


def tidy() -> None:
    """Make the process one from which children inherit nothing they would be surprised by."""
    os.umask(0o022)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def stop_signals() -> socket.socket:
    """A socket that can be read once SIGTERM or SIGINT has come; the handlers do nothing else."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.detach(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return reader


def runs_within(limit: int, part: float = 1.0) -> int:
    """How many runs at once so much of a limit of descriptors is enough for; -1 is no limit."""
    if limit == resource.RLIM_INFINITY:
        return MOST_RUNS
    return max(0, (int(part * limit) - SPARE_DESCRIPTORS) // DESCRIPTORS_PER_RUN)


def raise_descriptors(threads: int) -> int | None:
    """Raise our own soft limit of open files as far as all threads need it and the hard one lets.

    The soft limit that we were given, which commands are to have, 0 where it was not changed; None
    when there is not enough for a single run, which is logged.
    """
    needed = int((SPARE_DESCRIPTORS + DESCRIPTORS_PER_RUN * threads) / SPARED) + 1
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if raised := soft != resource.RLIM_INFINITY and soft < needed:
        most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if most < needed:
            log.warning(
                "%d threads need %d descriptors, the hard limit is %d", threads, needed, most
            )
    if not runs_within(resource.getrlimit(resource.RLIMIT_NOFILE)[0]):
        log.error("%d descriptors are not enough for a run", hard)
        return None
    return soft if raised else 0


def say_ready() -> bool:
    """Tell the starter that we listen, and let go of its pipe; False where it waits no more."""
    try:
        os.write(1, b"ready\n")
    except BrokenPipeError:
        return False
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    return True
