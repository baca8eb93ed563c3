"""A run's record as it is stored and shown: the eight fixed fields of JobLog and our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from common.errors import InvalidField

SUCCESS, FAILED, TIMEOUT, KILLED, OOM = "success", "failed", "timeout", "killed", "oom"
COULD_NOT_START, NOT_STARTED = "could_not_start", "not_started"
LOST, UNKNOWN = "lost", "unknown"
SKIPPED_OVERLAP, RAN_ELSEWHERE, MISSED = "skipped_overlap", "ran_elsewhere", "missed"
OUTCOMES = (
    SUCCESS,
    FAILED,
    TIMEOUT,
    KILLED,
    OOM,
    COULD_NOT_START,
    NOT_STARTED,
    LOST,
    UNKNOWN,
    SKIPPED_OVERLAP,
    RAN_ELSEWHERE,
    MISSED,
)
"""Every outcome that a record can have."""
TRIGGERS = ("schedule", "manual", "retry", "catch-up")
"""Every trigger that a record can have."""

NO_SLOT, NO_WORKER = "no_slot", "no_worker"
_SENTENCES = {
    NO_SLOT: "no worker had room before its start deadline",
    NO_WORKER: "no worker that may run it was there before its start deadline",
}


def code_of(reason: str) -> str:
    """The code of a reason that says more about one (`no_worker: only 1 of 2 ...`).

    Other reasons are codes or sentences by themselves.
    """
    code = reason.partition(": ")[0]
    return code if code in _SENTENCES else reason


def sentence(reason: str) -> str:
    """The sentence of a reason that is a code, or says more about one.

    Other reasons are sentences already.
    """
    code, _, said = reason.partition(": ")
    return (said or _SENTENCES[code]) if code in _SENTENCES else reason


REMARK = "; "
"""What stands in a reason between its parts: first the cause, then what is to be said besides."""


OUTPUT_LOST = "its output was lost with "
"""How a remark begins that says that nobody knows what a run printed, before what had it."""


def output_lost(reason: str) -> str:
    """The remark of a reason that says with what a run's output was lost; "" where it was not."""
    remarks = reason.split(REMARK)
    return next((remark for remark in remarks if remark.startswith(OUTPUT_LOST)), "")


def cause_of(reason: str) -> str:
    """A reason without the remarks behind it: on what a run left, or what did not limit it."""
    return reason.partition(REMARK)[0]


def explained(err: str, reason: str) -> str:
    """Why a record is what it is, for people: `err`, and what its `reason` says beyond that."""
    if not err or not reason or code_of(reason) in _SENTENCES:
        return err or reason
    if reason.startswith(err):
        return reason
    more = (part for part in reason.split(REMARK) if part not in err)
    return REMARK.join((err, *more))


def beside(outcome: str, why: str) -> str:
    """What is to be said beside an outcome of why it is so, which may begin with its name."""
    name = outcome.replace("_", " ")
    return "" if why == name else why.removeprefix(f"{name}: ")


@dataclass(frozen=True, slots=True)
class JobLog:
    """One record. Times are epoch ms; `err` is "" or a sentence; `output` is text.

    A record without a start (missed, skipped) has `start_time` = `end_time` = `plan_time`.
    The run id is unique: the log store keeps one record for each. A record that the Go worker
    wrote has only the eight fixed fields; its `run_id` is then whatever the log store calls it.
    `truncated` says that a part of the output was never kept, `shortened` that it was left out of
    this page alone. `lost` marks a run that outlived its worker's lease, or whose worker was taken
    for dead: another run of the job may have been beside it, whatever the outcome.
    `by` is who asked for a manual run. `line_times` says when the lines of `output` were printed
    (`common.line_times`); it is "" where that is not known of the output as it is here.
    `worker` is the one whose own word the record is; it is "" where the record was made from the
    run's key alone, which says less: no output, and perhaps not how the run ended.
    """

    job_name: str
    command: str
    err: str
    output: str
    plan_time: int
    schedule_time: int
    start_time: int
    end_time: int
    run_id: str = ""
    outcome: str = ""
    worker: str = ""
    attempt: int = 0
    trigger: str = ""
    exit_code: int | None = None
    signal: int | None = None
    job_revision: int | None = None
    output_bytes: int | None = None
    truncated: bool = False
    shortened: bool = False
    invalid_bytes: int = 0
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None
    reason: str = ""
    gap_from: int | None = None
    gap_to: int | None = None
    gap_count: int | None = None
    lost: bool = False
    by: str = ""
    line_times: str = ""


NAMES: Mapping[str, str] = {
    "job_name": "jobName",
    "plan_time": "planTime",
    "schedule_time": "scheduleTime",
    "start_time": "startTime",
    "end_time": "endTime",
    "run_id": "runId",
    "exit_code": "exitCode",
    "job_revision": "jobRevision",
    "output_bytes": "outputBytes",
    "invalid_bytes": "invalidBytes",
    "cpu_seconds": "cpuSeconds",
    "line_times": "lineTimes",
    "peak_memory_bytes": "peakMemoryBytes",
    "read_bytes": "readBytes",
    "written_bytes": "writtenBytes",
    "gap_from": "from",
    "gap_to": "to",
    "gap_count": "count",
}
"""How a field is called in JSON and BSON where it is not called the same."""

FIXED = (
    "jobName",
    "command",
    "err",
    "output",
    "planTime",
    "scheduleTime",
    "startTime",
    "endTime",
)
"""The fixed interface's fields; they are always there, of these types: 4 texts, 4 int64."""

_LEAST, _GREATEST = -(2**63), 2**63 - 1
_KINDS = {"str": str, "bool": bool, "int": int, "int | None": int, "float | None": float}
_FIELDS = tuple(
    (f.name, NAMES.get(f.name, f.name), f.default, _KINDS[str(f.type)]) for f in fields(JobLog)
)
_TOLD = tuple((name, called, ... if called in FIXED else none) for name, called, none, _ in _FIELDS)
"""What each field is called, and what it is not told for: nothing where it is always told."""


def storable(text: str) -> str:
    """The text as it can be stored: lone surrogates, which UTF-8 lacks, are written `\\udc80`."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def to_document(record: JobLog) -> dict[str, Any]:
    """The record under its JSON and BSON names; our own fields only where they say something.

    Texts are made storable. InvalidField when a number does not fit 64 bits.
    """
    document: dict[str, Any] = {}
    for name, called, default in _TOLD:
        if (value := getattr(record, name)) != default:
            if type(value) is str:
                value = value if value.isascii() else storable(value)
            elif type(value) is int and not _LEAST <= value <= _GREATEST:
                raise InvalidField(called, f"{value} does not fit 64 bits")
            document[called] = value
    return document


def from_document(document: Mapping[str, Any]) -> JobLog:
    """A record from what the log store holds, by whoever it was written.

    Fields that are missing or of another type are taken as their default ("" or 0); unknown ones
    are left out. Whole numbers may be stored as doubles, as a MongoDB shell does it; one that no
    field could have is none.
    """
    values: dict[str, Any] = {}
    for name, called, default, kind in _FIELDS:
        values[name] = _taken(document.get(called), kind, kind() if called in FIXED else default)
    return JobLog(**values)


def _taken(value: object, kind: type, default: object) -> object:
    if type(value) is kind:
        return value
    if kind in (str, bool) or isinstance(value, bool) or not isinstance(value, int | float):
        return default
    if kind is float:
        return float(value)
    whole = isinstance(value, int) or value.is_integer()
    return int(value) if whole and _LEAST <= value <= _GREATEST else default
