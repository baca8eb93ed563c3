"""A job's definition: its fields, how they are checked, and how a save changes them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from common.errors import InvalidField

NAME_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
MAX_COMMAND_BYTES = 100_000
"""Linux takes at most 131,072 bytes in one argument of execve; the shell's `-c` is one."""
MAX_OUTPUT_BYTES = 4 << 20
OVERLAPS = ("skip", "allow")
LATER = frozenset(
    "labels where hosts catchUp catchUpWindowSeconds catchUpLimit paused pausedUntil pauseReason"
    " retries retryDelaySeconds retryBackoff retryMaxDelaySeconds retryJitterSeconds rerunLost"
    " cutOff onRestart leftovers argv stdin user group groups umask cwd env secrets nice ioClass"
    " ioPriority limitMemoryBytes limitCpus limitProcesses limitOpenFiles successExitCodes"
    " failPattern journal".split()
)
"""Fields that are named for later: refused by a save until something implements them."""


@dataclass(frozen=True, slots=True)
class Job:
    """A scheduled job. Durations are seconds; `timezone` None is the fleet's zone.

    `others` are fields of the stored job that this version does not know; they are kept.
    """

    name: str
    command: str
    cron_expr: str
    cron_expr_source: str | None = None
    timezone: str | None = None
    description: str = ""
    owner: str = ""
    overlap: str = "skip"
    start_deadline_seconds: float = 60
    timeout_seconds: float = 0
    kill_grace_seconds: float = 5
    shell: str = "/bin/sh"
    output_head_bytes: int = 65536
    output_tail_bytes: int = 65536
    others: Mapping[str, Any] = field(default_factory=dict, hash=False)


Check = Callable[[str, Any], Any]


def _text(limit: int, empty: bool = True) -> Check:
    def check(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise InvalidField(name, f"expected text, got {json_type(value)}")
        size = len(value.encode("utf-8", "surrogatepass"))
        if size > limit:
            raise InvalidField(name, f"{size} bytes are more than the {limit} allowed")
        if "\0" in value:
            raise InvalidField(name, "a NUL character is not allowed")
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise InvalidField(name, "half of a surrogate pair is not text")
        if not empty and not value.strip():
            raise InvalidField(name, "must not be empty")
        return value

    return check


def _number(low: float, high: float, whole: bool = False) -> Check:
    kind = "a whole number" if whole else "a number"

    def check(name: str, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidField(name, f"expected {kind}, got {json_type(value)}")
        if not low <= value <= high or (whole and value != int(value)):
            raise InvalidField(name, f"{value} is not {kind} from {low} to {high}")
        return int(value) if whole else value

    return check


def _overlap(name: str, value: Any) -> str:
    if value in ("queue", "replace"):
        raise InvalidField(name, f"{value!r} is not supported by this version")
    if value not in OVERLAPS:
        raise InvalidField(name, f"expected one of {', '.join(OVERLAPS)}, got {value!r}")
    return str(value)


def _shell(name: str, value: Any) -> str:
    path: str = _text(1024, empty=False)(name, value)
    if not path.startswith("/"):
        raise InvalidField(name, f"expected an absolute path, got {path!r}")
    return path


DAY = 86_400.0
FIELDS: Mapping[str, tuple[str, Check]] = {
    "name": ("name", _text(4096, empty=False)),
    "command": ("command", _text(MAX_COMMAND_BYTES, empty=False)),
    "cronExpr": ("cron_expr", _text(1024, empty=False)),
    "cronExprSource": ("cron_expr_source", _text(1024)),
    "timezone": ("timezone", _text(64, empty=False)),
    "description": ("description", _text(4096)),
    "owner": ("owner", _text(256)),
    "overlap": ("overlap", _overlap),
    "startDeadlineSeconds": ("start_deadline_seconds", _number(1, DAY)),
    "timeoutSeconds": ("timeout_seconds", _number(0, 366 * DAY)),
    "killGraceSeconds": ("kill_grace_seconds", _number(0, 3600)),
    "shell": ("shell", _shell),
    "outputHeadBytes": ("output_head_bytes", _number(0, MAX_OUTPUT_BYTES, whole=True)),
    "outputTailBytes": ("output_tail_bytes", _number(0, MAX_OUTPUT_BYTES, whole=True)),
}
"""JSON name of each field: its name in `Job`, and its check."""

REQUIRED = ("name", "command", "cronExpr")


def json_type(value: Any) -> str:
    """What JSON calls a value's type, for sentences."""
    if isinstance(value, bool):
        return "true or false"
    kinds = {dict: "an object", list: "a list", str: "text", int: "a number", float: "a number"}
    return kinds.get(type(value), "null")


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def parse_object(text: bytes | str, what: str = "job") -> dict[str, Any]:
    """A JSON object, strictly: UTF-8, no NaN; InvalidField names `what` was wrong."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidField(what, f"not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidField(what, f"expected a JSON object, got {json_type(value)}")
    return value


def job_from_document(document: Mapping[str, Any]) -> Job:
    """A job from its JSON object; InvalidField for a known field that is wrong or missing.

    `null` is a field's default. The expression and the zone are only checked to be text here.
    """
    values: dict[str, Any] = {}
    for name in REQUIRED:
        if document.get(name) is None:
            raise InvalidField(name, "is missing")
    for name, (attribute, check) in FIELDS.items():
        if document.get(name) is not None:
            values[attribute] = check(name, document[name])
    others = {name: value for name, value in document.items() if name not in FIELDS}
    return Job(**values, others=others)


def unpack_job(value: bytes) -> Job:
    """A job from the bytes under its key, as the Go master or ours wrote them."""
    return job_from_document(parse_object(value))


def job_to_document(job: Job) -> dict[str, Any]:
    """The JSON object of a job: the three fixed fields, what differs from a default, the others."""
    default = Job("", "", "")
    document: dict[str, Any] = {}
    for name, (attribute, _) in FIELDS.items():
        value = getattr(job, attribute)
        if name in REQUIRED or value != getattr(default, attribute):
            document[name] = value
    return document | dict(job.others)


def pack_job(job: Job) -> bytes:
    """The bytes to store under a job's key."""
    return json.dumps(job_to_document(job), ensure_ascii=False).encode()


def merge(previous: Mapping[str, Any] | None, given: Mapping[str, Any]) -> Job:
    """The job that a save of `given` makes of what was stored before (None: nothing).

    Fields that are not given stay as they were, `null` sets one back to its default, and a field
    that we do not know is refused with the nearest known name.
    """
    for name in given:
        if name not in FIELDS and (previous is None or previous.get(name) != given[name]):
            raise InvalidField(name, _unknown(name))
    check_name(given.get("name"))
    merged = {**(previous or {}), **given}
    return job_from_document({k: v for k, v in merged.items() if v is not None})


def _unknown(name: str) -> str:
    if name in LATER:
        return "this field is not supported by this version"
    near = difflib.get_close_matches(name, list(FIELDS), 1)
    return "there is no such field" + (f"; did you mean {near[0]}?" if near else "")


def check_name(name: Any) -> str:
    """A name that our master takes: 1-128 letters, digits, `.`, `_`, `-`; not `.` or `..`."""
    if name is None:
        raise InvalidField("name", "is missing")
    text: str = _text(4096)("name", name)
    if not NAME_PATTERN.fullmatch(text) or text in (".", ".."):
        raise InvalidField(
            "name", f"{text[:140]!r} is not 1-128 characters of letters, digits, '.', '_' and '-'"
        )
    return text
