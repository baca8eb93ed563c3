"""The kernel's files of a cgroup: read and written with as little as it takes."""

from __future__ import annotations

import os
from functools import partial

from worker.spare import SPARE

_ENOUGH = 65536


def opened(path: str, way: int = os.O_RDONLY) -> int:
    """A descriptor for it, one in reserve where there is no other; OSError."""
    return SPARE.lend(partial(os.open, path, way | os.O_CLOEXEC))


def read(path: str) -> bytes:
    """What a file says; b"" where it is not there (its controller is not, or the cgroup)."""
    try:
        fd = opened(path)
    except FileNotFoundError:
        return b""
    try:
        said = b""
        while more := os.read(fd, _ENOUGH):
            said += more
        return said
    except OSError:  # the cgroup went while we read
        return b""
    finally:
        os.close(fd)


def write(path: str, value: str) -> None:
    """Say this to the kernel; OSError when it refuses, or has no such file."""
    fd = opened(path, os.O_WRONLY)
    try:
        os.write(fd, value.encode())
    finally:
        os.close(fd)


def figures(said: bytes) -> dict[str, int]:
    """A file of lines that are a name and a number each."""
    pairs = (line.split() for line in said.decode().splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def traffic(said: bytes) -> tuple[int, int]:
    """The bytes read and written by what io.stat says, over all devices."""
    words = [word.partition("=") for word in said.decode().split()]
    of = {way: sum(int(n) for name, _, n in words if name == way) for way in ("rbytes", "wbytes")}
    return of["rbytes"], of["wbytes"]
