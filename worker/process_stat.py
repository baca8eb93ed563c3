"""What the kernel says of a process, and what that carries of the run it belongs to."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import partial

from worker.spare import SCARCE, SPARE

RUN_ID, FENCE = b"FLEETCRON_RUN_ID", b"FLEETCRON_FENCE"
ENVIRONMENT_END = 48
"""Where proc(5)'s stat has `env_end`, counted from the state."""
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
EXEC_SECONDS = 0.5
"""How long a process is waited for that is just becoming another program."""


@dataclass(frozen=True, slots=True)
class Process:
    """What proc(5)'s stat says of one; `ticks` is when it started, in clock ticks since boot.

    The ticks tell it from a later one of the same number.
    """

    pid: int
    state: str
    parent: int
    group: int
    session: int
    ticks: int

    @property
    def is_dead(self) -> bool:
        """Whether it is only waiting to be reaped."""
        return self.state in "ZX"


def process_of(pid: int) -> Process | None:
    """What a process is now; None when there is none. OSError where no descriptor is to be had."""
    # The command's name before the other fields may hold anything.
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    if not fields:
        return None
    numbers = (int(fields[place]) for place in (1, 2, 3, 19))
    return Process(pid, fields[0].decode(), *numbers)


def pids() -> list[int]:
    """All processes that we may see; OSError as of `process_of`."""
    return [int(name) for name in SPARE.lend(partial(os.listdir, "/proc")) if name.isdigit()]


def start_ticks(pid: int) -> int:
    """When the process started, in clock ticks since boot; 0 when there is none, or no telling."""
    try:
        process = process_of(pid)
    except OSError:
        return 0
    return process.ticks if process else 0


def started_by(process: Process, boot: float) -> bool:
    """Whether it had started at this moment of the boot clock, seconds."""
    return process.ticks / _TICKS_A_SECOND <= boot


def parent_of(pid: int) -> int:
    """The process's parent; 0 when there is none. OSError as of `process_of`."""
    process = process_of(pid)
    return process.parent if process else 0


def carried_by(pid: int, *names: bytes) -> tuple[str, ...]:
    """These variables of the environment that a process was started with.

    "" for one that it lacks, and for all of them where there is none or we may not look. A process
    that is just becoming another program seems to have none for that moment: it is asked again.
    OSError as of `process_of`.
    """
    said = b"\0" + (_read(pid, "environ") or _read_after_exec(pid))
    return tuple(_value(said, name) for name in names)


def run_id_of(pid: int) -> str:
    """The id of the run that a process carries in its environment, "" for none."""
    return carried_by(pid, RUN_ID)[0]


def _read_after_exec(pid: int) -> bytes:
    """What a process has for an environment that seemed to have none, maybe for a moment."""
    deadline = time.monotonic() + EXEC_SECONDS
    while True:
        becoming = _is_becoming(pid)
        said = _read(pid, "environ")
        if said or not becoming or time.monotonic() > deadline:
            return said
        os.sched_yield()


def _is_becoming(pid: int) -> bool:
    """Whether it is between two programs: a file runs, and where its environment is is not known.

    A thread of the kernel has no such file, and neither has what is dead.
    """
    try:
        os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return False
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    return len(fields) > ENVIRONMENT_END and fields[ENVIRONMENT_END] == b"0"


def _read(pid: int, name: str) -> bytes:
    """One of its files in proc(5); empty where there is none or we may not look."""
    try:
        return SPARE.lend(partial(_content, f"/proc/{pid}/{name}"))
    except OSError as error:
        if error.errno in SCARCE:
            raise
        return b""


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _value(said: bytes, name: bytes) -> str:
    _, found, value = said.partition(b"\0" + name + b"=")
    return value.partition(b"\0")[0].decode("utf-8", "surrogateescape") if found else ""
