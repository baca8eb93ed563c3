"""What an executor's process is before it runs anything: its mask, its signals, its limits."""

import logging
import os
import resource
import signal
import socket

log = logging.getLogger(__name__)

SPARE_DESCRIPTORS = 32
DESCRIPTORS_PER_RUN = 8
"""While it is spawned: kill, stdin, and two each of the output, of Popen, of the reports."""


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


def has_room(threads: int) -> bool:
    """Whether all threads can spawn at once; commands keep the limit that we were given."""
    needed = SPARE_DESCRIPTORS + DESCRIPTORS_PER_RUN * threads
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or needed <= limit:
        return True
    log.error("%d threads need %d descriptors, the limit is %d", threads, needed, limit)
    return False
