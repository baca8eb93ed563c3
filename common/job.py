"""A job's definition: its fields, how they are checked, and how a save changes them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from common.errors import InvalidField
from common.job_argv import with_command
from common.job_fields import FIELDS, REQUIRED
from common.strict_json import json_type, parse_object
from common.watermark import LATEST_MS

__all__ = [
    "FIELDS",
    "MAX_JOB_BYTES",
    "REQUIRED",
    "Job",
    "check_name",
    "found_name",
    "job_from_document",
    "job_to_document",
    "json_type",
    "merge",
    "pack_job",
    "parse_object",
    "unpack_fields",
    "unpack_job",
]

NAME_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
MAX_JOB_BYTES = 1 << 20
"""The whole of a job's JSON; a run's key holds part of it beside other things."""


_NO_OTHERS: Mapping[str, Any] = {}


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
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    where: tuple[str, ...] = ()
    hosts: str | int = "any"
    overlap: str = "skip"
    start_deadline_seconds: float = 60
    catch_up: str = "skip"
    catch_up_window_seconds: float = 86_400
    catch_up_limit: int = 10
    paused: bool = False
    paused_until: int | None = None
    pause_reason: str = ""
    paused_by: str = ""
    retries: int = 0
    retry_delay_seconds: float = 10
    retry_backoff: float = 1
    retry_max_delay_seconds: float = 3600
    retry_jitter_seconds: float = 0
    rerun_lost: bool = False
    timeout_seconds: float = 0
    kill_grace_seconds: float = 5
    cut_off: str = "keep"
    on_restart: str = "end"
    leftovers: str = "kill"
    shell: str = "/bin/sh"
    argv: tuple[str, ...] | None = None
    stdin: str = ""
    user: str = ""
    group: str = ""
    groups: tuple[str, ...] | None = None
    umask: str = "0022"
    cwd: str = ""
    env: Mapping[str, str] = field(default_factory=dict, hash=False)
    secrets: tuple[str, ...] = ()
    nice: int = 0
    io_class: str = "none"
    io_priority: int = 4
    limit_memory_bytes: int = 0
    limit_cpus: float = 0
    limit_processes: int = 0
    limit_open_files: int = 0
    success_exit_codes: tuple[int, ...] = (0,)
    fail_pattern: str = ""
    output_head_bytes: int = 65536
    output_tail_bytes: int = 65536
    journal: bool = False
    others: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def rests_until(self) -> int:
        """Until when it is paused (epoch ms): 0 where it is not, `LATEST_MS` without an end."""
        if not self.paused:
            return 0
        return LATEST_MS if self.paused_until is None else self.paused_until


def job_from_document(document: Mapping[str, Any]) -> Job:
    """A job from its JSON object; InvalidField for a known field that is wrong or missing.

    `null` is a field's default. The expression and the zone are only checked to be text here.
    """
    others: dict[str, Any] = {}
    return Job(**_checked(document, others), others=others or _NO_OTHERS)


def _checked(document: Mapping[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """The fields of a job's object by their names in `Job`; those that we do not know go apart."""
    values: dict[str, Any] = {}
    for name in REQUIRED:
        if document.get(name) is None:
            raise InvalidField(name, "is missing")
    for name, value in document.items():
        field_of = FIELDS.get(name)
        if field_of is None:
            others[name] = value
        elif value is not None:
            values[field_of[0]] = field_of[1](name, value)
    return values


def unpack_job(value: bytes) -> Job:
    """A job from the bytes under its key, as the Go master or ours wrote them."""
    return job_from_document(_unpack(value))


def unpack_fields(value: bytes) -> dict[str, Any]:
    """What `unpack_job` finds under a job's key, by the names in `Job`: what is said and known."""
    return _checked(_unpack(value), {})


def _unpack(value: bytes) -> dict[str, Any]:
    if len(value) > MAX_JOB_BYTES:
        raise InvalidField("job", f"{len(value)} bytes are more than the {MAX_JOB_BYTES} allowed")
    return parse_object(value)


def job_to_document(job: Job) -> dict[str, Any]:
    """The JSON object of a job: the three fixed fields, what differs from a default, the others."""
    default = Job("", "", "")
    document: dict[str, Any] = {}
    for name, (attribute, _) in FIELDS.items():
        value = getattr(job, attribute)
        if name in REQUIRED or value != getattr(default, attribute):
            document[name] = list(value) if isinstance(value, tuple) else value
    return document | dict(job.others)


def pack_job(job: Job) -> bytes:
    """The bytes to store under a job's key."""
    document = job_to_document(job)
    try:
        return json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair in a field of others, kept as an escape
        return json.dumps(document).encode()


def merge(previous: Mapping[str, Any] | None, given: Mapping[str, Any]) -> Job:
    """The job that a save of `given` makes of what was stored before (None: nothing).

    Fields that are not given stay as they were, `null` sets one back to its default, and a field
    that we do not know is refused with the nearest known name. A name is checked where it is new.
    """
    for name in given:
        if name not in FIELDS and (previous is None or previous.get(name) != given[name]):
            raise InvalidField(name[:60], _unknown(name))
    (check_name if previous is None else found_name)(given.get("name"))
    merged = {**(previous or {}), **given}
    return job_from_document(with_command(merged, previous))


def _unknown(name: str) -> str:
    near = _nearest(name)
    return "there is no such field" + (f"; did you mean {near}?" if near else "")


def _nearest(name: str) -> str | None:
    """The field whose name is most like this one, whatever its case and underscores."""
    plain = {called.lower(): called for called in FIELDS}
    typed = name[:60].lower().replace("_", "").replace("-", "")
    longer = [called for lower, called in plain.items() if len(typed) > 3 and typed in lower]
    near = longer or [plain[lower] for lower in difflib.get_close_matches(typed, plain, 1)]
    return near[0] if near else None


def check_name(name: Any) -> str:
    """A name that our master takes: 1-128 letters, digits, `.`, `_`, `-`; not `.` or `..`."""
    if name is None:
        raise InvalidField("name", "is missing")
    text: str = FIELDS["name"][1]("name", name)
    if not NAME_PATTERN.fullmatch(text) or text in (".", ".."):
        raise InvalidField(
            "name", f"{text[:140]!r} is not 1-128 characters of letters, digits, '.', '_' and '-'"
        )
    return text


def found_name(name: Any) -> str:
    """A name that may lie in the store, by whoever it was put; InvalidField when none can."""
    if name is None:
        raise InvalidField("name", "is missing")
    text: str = FIELDS["name"][1]("name", name)
    return text
