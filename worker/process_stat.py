"""What the kernel says of a process, and what that carries of the run it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

RUN_ID, FENCE = b"FLEETCRON_RUN_ID", b"FLEETCRON_FENCE"


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
    """What a process is now; None when there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            # The command's name before the other fields may hold anything.
            fields = stat.read().rpartition(b")")[2].split()
    except OSError:
        return None
    numbers = (int(fields[place]) for place in (1, 2, 3, 19))
    return Process(pid, fields[0].decode(), *numbers)


def start_ticks(pid: int) -> int:
    """When the process started, in clock ticks since boot; 0 when there is none."""
    process = process_of(pid)
    return process.ticks if process else 0


def parent_of(pid: int) -> int:
    """The process's parent; 0 when there is none."""
    process = process_of(pid)
    return process.parent if process else 0


def carried_by(pid: int, *names: bytes) -> tuple[str, ...]:
    """These variables of the environment that a process was started with.

    "" for one that it lacks, and for all of them where there is none or we may not look.
    """
    try:
        with open(f"/proc/{pid}/environ", "rb") as environ:
            said = b"\0" + environ.read()
    except OSError:
        said = b""
    return tuple(_value(said, name) for name in names)


def run_id_of(pid: int) -> str:
    """The id of the run that a process carries in its environment, "" for none."""
    return carried_by(pid, RUN_ID)[0]


def _value(said: bytes, name: bytes) -> str:
    _, found, value = said.partition(b"\0" + name + b"=")
    return value.partition(b"\0")[0].decode("utf-8", "surrogateescape") if found else ""
