"""What is owed for one due instant: the value of a key under /cron/runs/, shared by all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.errors import InvalidField
from common.schedule import Schedule
from common.strict_json import json_type, parse_object

WAITING, RUNNING, ENDED = "waiting", "running", "ended"
STATES = (WAITING, RUNNING, ENDED)
NOBODY = "-"
"""The incarnation of what no worker holds: an instant that an edit found owed."""
COMMAND_CHARACTERS = 4096
"""So much of a command is kept in the key; a record made from the key alone shows no more."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Due instants that were passed over: the first and the last (epoch ms), how many, and why."""

    first: int
    last: int
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Owed:
    """What stands under a run's key until its record is stored. Times are epoch ms.

    `state` is waiting, running or ended (then with an outcome); `incarnation` is its holder's.
    `gap` are the instants between the watermark and this one, whose record is owed as well.
    `start_time` None: nothing was started. `lost` is the mark of a run that outlived its lease, or
    whose holder was taken for dead: whoever records it keeps that. `delay_ms` is how long a retry
    waits, counted by whoever holds it; `by` is who asked for a manual run. `rerun_ms` is how long
    after it was lost a run is to be run again; None for never.
    """

    state: str
    incarnation: str
    plan_time: int
    attempt: int
    job_revision: int
    outcome: str = ""
    reason: str = ""
    gap: Gap | None = None
    start_time: int | None = None
    end_time: int | None = None
    command: str = ""
    err: str = ""
    exit_code: int | None = None
    signal: int | None = None
    trigger: str = ""
    lost: bool = False
    delay_ms: int | None = None
    by: str = ""
    rerun_ms: int | None = None


_NAMES: Mapping[str, tuple[str, type]] = {
    "state": ("state", str),
    "incarnation": ("incarnation", str),
    "plan_time": ("planTime", int),
    "attempt": ("attempt", int),
    "job_revision": ("jobRevision", int),
    "outcome": ("outcome", str),
    "reason": ("reason", str),
    "start_time": ("startTime", int),
    "end_time": ("endTime", int),
    "command": ("command", str),
    "err": ("err", str),
    "exit_code": ("exitCode", int),
    "signal": ("signal", int),
    "trigger": ("trigger", str),
    "lost": ("lost", bool),
    "delay_ms": ("delayMs", int),
    "by": ("by", str),
    "rerun_ms": ("rerunMs", int),
}
_WANTED = {str: "text", int: "a whole number", bool: "true or false"}
_INT64 = range(-(2**63), 2**63)
_REQUIRED = ("state", "incarnation", "planTime", "attempt", "jobRevision")
_OTHERS = [(name, called) for name, (called, _) in _NAMES.items() if called not in _REQUIRED]
_encode = json.JSONEncoder(separators=(",", ":")).encode


def pack(owed: Owed) -> bytes:
    """The JSON to store; what is empty, None or False is left out."""
    document: dict[str, Any] = {
        "state": owed.state,
        "incarnation": owed.incarnation,
        "planTime": owed.plan_time,
        "attempt": owed.attempt,
        "jobRevision": owed.job_revision,
    }
    for name, called in _OTHERS:
        value = getattr(owed, name)
        if value is not None and value is not False and value != "":
            document[called] = value
    if owed.gap is not None:
        document["gap"] = _pack_gap(owed.gap)
    return _encode(document).encode()


def _pack_gap(gap: Gap) -> dict[str, Any]:
    return {"from": gap.first, "to": gap.last, "count": gap.count, "reason": gap.reason}


def unpack(value: bytes) -> Owed:
    """What the bytes under a run's key say; InvalidField when they were not written by `pack`.

    Keys of the JSON that are not known are ignored.
    """
    document = parse_object(value, "run")
    values = {
        name: _field(document, called, kind)
        for name, (called, kind) in _NAMES.items()
        if called in _REQUIRED or document.get(called) is not None
    }
    if values["state"] not in STATES:
        raise InvalidField("state", f"expected one of {', '.join(STATES)}")
    if values["state"] == ENDED and not values.get("outcome"):
        raise InvalidField("outcome", "an ended run has one")
    return Owed(**values, gap=_unpack_gap(document.get("gap")))


def _field(document: Mapping[str, Any], name: str, kind: type) -> Any:
    value = document.get(name)
    if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
        raise InvalidField(name, f"expected {_WANTED[kind]}, got {json_type(value)}")
    if isinstance(value, int) and value not in _INT64:
        raise InvalidField(name, "does not fit 64 bits, as a record's numbers must")
    return value


def _unpack_gap(value: object) -> Gap | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidField("gap", f"expected an object, got {json_type(value)}")
    first, last, count = (_field(value, name, int) for name in ("from", "to", "count"))
    return Gap(first, last, count, _field(value, "reason", str))


def gap_between(schedule: Schedule, after_ms: int, until_ms: int, reason: str) -> Gap | None:
    """The due instants strictly between two instants (epoch ms), or None when there are none."""
    first = schedule.next_after(after_ms)
    if first is None or first >= until_ms:
        return None
    last = schedule.last_before(until_ms, first) or first
    return Gap(first, last, schedule.number_between(after_ms, until_ms), reason)
