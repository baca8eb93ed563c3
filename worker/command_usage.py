"""What a run used: by its cgroup where it has one, else by what its reaping tells."""

from __future__ import annotations

import resource

from worker.cgroup_run import Usage
from worker.spare import SPARE

_BLOCK_BYTES = 512
SLACK_KILOBYTES = 1024
"""The kernel's counts are off by as much. And a child that is little larger than we were is taken
for us without another look at what we are, which reads a file."""

_own_peak = 0


def used(reaped: resource.struct_rusage, counted: Usage) -> Usage:
    """What the kernel `counted` for the cgroup, the rest as far as the reaping tells it.

    That tells of the command and what it waited for; its memory is that of the largest process.
    """
    cpu, peak = counted.cpu_seconds, counted.peak_memory_bytes
    known = counted.read_bytes is not None
    return Usage(
        reaped.ru_utime + reaped.ru_stime if cpu is None else cpu,
        _peak(reaped.ru_maxrss) if peak is None else peak,
        counted.read_bytes if known else reaped.ru_inblock * _BLOCK_BYTES,
        counted.written_bytes if known else reaped.ru_oublock * _BLOCK_BYTES,
    )


def _peak(kilobytes: int) -> int | None:
    """The largest process's peak in bytes, or None where that is only this process's own, or
    where there is no descriptor left to see what that is.

    A child begins with ours: until it is another program, our memory is its memory. What we began
    with ourselves, of the process that made us, is no part of that: getrusage(2) would tell of it.
    """
    global _own_peak
    if kilobytes <= _own_peak:
        return None
    try:
        _own_peak = SPARE.lend(own_peak_kilobytes) + SLACK_KILOBYTES
    except OSError:
        return None
    return kilobytes * 1024 if kilobytes > _own_peak else None


def own_peak_kilobytes() -> int:
    """The most memory that this process has had as the program that it is."""
    with open("/proc/self/status", "rb") as status:
        lines = (line.split() for line in status)
        return next(int(words[1]) for words in lines if words[0] == b"VmHWM:")
