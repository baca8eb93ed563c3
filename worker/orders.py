"""What a worker's main process and its executors say to each other: records and their bytes.

A record travels as a 4-byte big-endian length, a JSON header of that length, and the raw bytes of
the output where the record has any. Nothing is ever unpickled. `PROTOCOL_VERSION` rises with every
change that an older peer would misread.
"""

import json
import struct
from dataclasses import dataclass, fields
from typing import Any

from common.job import Job

PROTOCOL_VERSION = 4

CUT_OFF = "its worker could not renew its lease (cutOff is kill)"
"""Why a run was killed that was not to outlive its worker's lease."""

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Hello:
    """Executor → main, first: who speaks which version, and the runs it holds already."""

    version: int
    number: int
    run_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """Main → executor: run the job's command once, not before `start_at`.

    Of the `job` only the fields of `JOB_FIELDS` are told; the others have their defaults.
    `start_at`, `not_after` (until when the incarnation's lease surely holds, unless an Extend says
    longer) and `start_by` (the start deadline) are seconds of CLOCK_BOOTTIME, which no step of the
    wall clock moves; past the other two nothing starts. A run with `cut_off_seconds` does not
    outlive the lease: it gets TERM so long before `not_after`, and KILL then; None lets it go on.
    """

    run_id: str
    job: Job
    environment: dict[str, str]
    start_at: float
    incarnation: str
    not_after: float
    cut_off_seconds: float | None
    start_by: float


@dataclass(frozen=True, slots=True)
class KillRun:
    """Main → executor: end this run, or never start it; `reason` goes into its record.

    `at_once` says that it has no grace, or no longer.
    """

    run_id: str
    reason: str
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Extend:
    """Main → executor: the incarnation's lease was renewed and holds until `not_after` at least.

    Seconds of CLOCK_BOOTTIME. It never shortens, and means orders that are still to come as well.
    """

    incarnation: str
    not_after: float


@dataclass(frozen=True, slots=True)
class Started:
    """Executor → main: the command of the run was spawned at `start_ms` (epoch ms)."""

    run_id: str
    pid: int
    start_ms: int


@dataclass(frozen=True, slots=True)
class Ended:
    """Executor → main: how the run ended; exactly one for every order.

    `outcome` is success, failed, timeout, killed, could_not_start or not_started. Times are epoch
    ms; where nothing started both are the instant of that decision. `output` is what was kept of
    the `output_bytes` printed. `err` is "" or a sentence; `reason` says why it was killed or not
    started. `cpu_seconds` counts the command and what it waited for.
    """

    run_id: str
    outcome: str
    exit_code: int | None
    signal: int | None
    start_ms: int
    end_ms: int
    output: bytes
    output_bytes: int
    truncated: bool
    err: str
    reason: str
    cpu_seconds: float | None


@dataclass(frozen=True, slots=True)
class ExecutorLost:
    """Made by the link when its executor is gone: the runs of which no end will be told."""

    number: int
    run_ids: tuple[str, ...]


JOB_FIELDS = (
    "name",
    "command",
    "timeout_seconds",
    "kill_grace_seconds",
    "shell",
    "output_head_bytes",
    "output_tail_bytes",
)
"""What an executor must know of a job to run it, by its names in `Job`."""

Message = Hello | Order | KillRun | Extend | Started | Ended

_KINDS: dict[str, type[Message]] = {
    kind.__name__: kind for kind in (Hello, Order, KillRun, Extend, Started, Ended)
}
_PLAIN = Job("", "", "")
_DEFAULTS = tuple((name, getattr(_PLAIN, name)) for name in JOB_FIELDS)
_LISTS = frozenset(name for name, default in _DEFAULTS if isinstance(default, tuple))
_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in _KINDS.values()}


def encode(message: Message) -> bytes:
    """The record's bytes; `decode` gives an equal record back."""
    kind = type(message)
    header: dict[str, Any] = {name: getattr(message, name) for name in _NAMES[kind]}
    output: bytes = header.pop("output", b"")
    if kind is Order:
        header["job"] = _told(header["job"])
    text = json.dumps([kind.__name__, header], separators=(",", ":")).encode("ascii")
    return _LENGTH.pack(len(text)) + text + output


def decode(data: bytes) -> Message:
    """The record of which these are the bytes; ValueError when they are none."""
    if len(data) < _LENGTH.size:
        raise ValueError("a message of an executor has no length")
    end = _LENGTH.size + _LENGTH.unpack_from(data)[0]
    if end > len(data):
        raise ValueError("a message of an executor is cut off")
    try:
        name, values = json.loads(data[_LENGTH.size : end])
        kind = _KINDS[name]
        if kind is Ended:
            values["output"] = data[end:]
        if kind is Order:
            values["job"] = _heard(values["job"])
        if kind is Hello:
            values["run_ids"] = tuple(values["run_ids"])
        return kind(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"a message of an executor cannot be read: {error}") from error


def _told(job: Job) -> dict[str, Any]:
    """What an executor must know of a job, as far as it is not a default."""
    return {name: value for name, default in _DEFAULTS if (value := getattr(job, name)) != default}


def _heard(told: dict[str, Any]) -> Job:
    """The job of which that was told: its texts and numbers were checked when it was read."""
    lists = {name: tuple(told[name]) for name in _LISTS & told.keys()}
    return Job(**({"name": "", "command": "", "cron_expr": ""} | told | lists))
