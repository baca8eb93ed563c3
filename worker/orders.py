"""What a worker's main process and its executors say to each other: records and their bytes.

A record travels as a 4-byte big-endian length, a JSON header of that length, and the raw bytes of
the output where the record has any. Nothing is ever unpickled. `PROTOCOL_VERSION` rises with every
change that an older peer would misread.
"""

import json
import struct
from dataclasses import dataclass, fields
from typing import Any

PROTOCOL_VERSION = 3

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
    """Main → executor: run `command` once, not before `start_at`.

    `start_at`, `not_after` (until when the incarnation's lease surely holds, unless an Extend says
    longer) and `start_by` (the start deadline) are seconds of CLOCK_BOOTTIME, which no step of the
    wall clock moves; past the other two nothing starts. A run with `cut_off_seconds` does not
    outlive the lease: it gets TERM so long before `not_after`, and KILL then; None lets it go on.
    `timeout_seconds` 0 means none. Of the output the first `output_head_bytes` and the last
    `output_tail_bytes` are kept.
    """

    run_id: str
    job: str
    command: str
    shell: str
    environment: dict[str, str]
    start_at: float
    incarnation: str
    not_after: float
    cut_off_seconds: float | None
    start_by: float
    timeout_seconds: float
    kill_grace_seconds: float
    output_head_bytes: int
    output_tail_bytes: int


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


Message = Hello | Order | KillRun | Extend | Started | Ended

_KINDS: dict[str, type[Message]] = {
    kind.__name__: kind for kind in (Hello, Order, KillRun, Extend, Started, Ended)
}
_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in _KINDS.values()}


def encode(message: Message) -> bytes:
    """The record's bytes; `decode` gives an equal record back."""
    kind = type(message)
    header: dict[str, Any] = {name: getattr(message, name) for name in _NAMES[kind]}
    output: bytes = header.pop("output", b"")
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
        if kind is Hello:
            values["run_ids"] = tuple(values["run_ids"])
        return kind(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"a message of an executor cannot be read: {error}") from error
