"""The bytes of what a main process and an executor say to each other.

A record travels as a 4-byte big-endian length, a JSON header of that length, and the raw bytes of
the output where the record has any. Nothing is ever unpickled.
"""

import json
import struct
from dataclasses import MISSING, fields
from typing import Any

from common.job import Job
from worker.ends_full import Full
from worker.hello import Held, Hello
from worker.live_orders import Follow, Printed
from worker.order_fields import JOB_FIELDS
from worker.orders import Ack, Ended, Ends, Extend, KillRun, Message, Order, Over, Retire, Started

_LENGTH = struct.Struct(">I")

_TOLD: tuple[type[Message], ...] = (Hello, Started, Ended, Ends, Full, Printed)
_ASKED: tuple[type[Message], ...] = (Order, KillRun, Extend, Ack, Follow, Retire)
_KINDS = {kind.__name__: kind for kind in (*_TOLD, *_ASKED)}
_PLAIN = Job("", "", "")
_DEFAULTS = tuple((name, getattr(_PLAIN, name)) for name in JOB_FIELDS)
_OPTIONAL = {
    kind: tuple((field.name, field.default) for field in fields(kind) if field.default != MISSING)
    for kind in _KINDS.values()
}
_TAIL, _PADDING = b"}]", b',"padding":'
_text_of = json.JSONEncoder(separators=(",", ":")).encode
_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in _KINDS.values()}
_OF_HELD = tuple(field.name for field in fields(Held))
_WITH_OUTPUT = (Ended, Printed)
_OF_OVER = len(Over._fields)


def encode(message: Message) -> bytes:
    """The record's bytes; `decode` gives an equal record back."""
    kind = type(message)
    header: dict[str, Any] = {name: getattr(message, name) for name in _NAMES[kind]}
    for name, default in _OPTIONAL[kind]:
        if header[name] == default:
            del header[name]
    output: bytes = header.pop("output", b"")
    if kind is Order:
        header["job"] = _told(header["job"])
    if kind is Hello:
        held = header.get("running", ())
        header["running"] = [{name: getattr(each, name) for name in _OF_HELD} for each in held]
    text = _text_of([kind.__name__, header]).encode("ascii")
    return _LENGTH.pack(len(text)) + text + output


def padded(ended: Ended, size: int) -> bytes | None:
    """The bytes of an end without output that are so many: `decode` ignores the zeros behind it.

    None where they would be more.
    """
    text = encode(ended)[_LENGTH.size :]
    text = text[: -len(_TAIL)] + _PADDING + b'"0000000000"' + _TAIL
    padding = size - _LENGTH.size - len(text)
    if padding < 0:
        return None
    text = text.replace(_PADDING + b'"0000000000"', _PADDING + b'"%010d"' % padding)
    return (_LENGTH.pack(len(text)) + text).ljust(size, b"\0")


def told_size(data: bytes, start: int) -> int:
    """How long a record is that begins there in the data, without its output."""
    return _LENGTH.size + int(_LENGTH.unpack_from(data, start)[0])


def decode(data: bytes) -> Message:
    """The record of which these are the bytes; ValueError when they are none."""
    name, values, output = taken_apart(data)
    try:
        kind = _KINDS[name]
        if kind in _WITH_OUTPUT:
            values["output"] = output
        return kind(**_read(kind, values))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"a message of an executor cannot be read: {error}") from error


def taken_apart(data: bytes) -> tuple[str, dict[str, Any], bytes]:
    """A record's kind, what it says by names, and the output behind that; ValueError where not."""
    if len(data) < _LENGTH.size:
        raise ValueError("a message of an executor has no length")
    end = _LENGTH.size + _LENGTH.unpack_from(data)[0]
    if end > len(data):
        raise ValueError("a message of an executor is cut off")
    try:
        name, values = json.loads(data[_LENGTH.size : end])
        padding = int(values.pop("padding", 0))
        return name, values, data[end : len(data) - padding]
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"a message of an executor cannot be read: {error}") from error


def _read(kind: type[Message], values: dict[str, Any]) -> dict[str, Any]:
    """The fields that we know, as they are in the record."""
    known = {name: values[name] for name in _NAMES[kind] if name in values}
    if kind is Order:
        known["job"] = _heard(values["job"])
    if kind is Hello:
        known["running"] = tuple(map(_held, values.get("running", ())))
        known["ended"] = tuple(values.get("ended", ()))
    if kind is Ends:
        known["over"] = tuple(Over._make(said[:_OF_OVER]) for said in values["over"])
    if kind in (Ack, Follow):
        known["run_ids"] = tuple(values["run_ids"])
    return known


def _held(said: dict[str, Any]) -> Held:
    return Held(**{name: said[name] for name in _OF_HELD if name in said})


def _told(job: Job) -> dict[str, Any]:
    """What an executor must know of a job, as far as it is not a default."""
    return {name: value for name, default in _DEFAULTS if (value := getattr(job, name)) != default}


def _heard(told: dict[str, Any]) -> Job:
    """The job of which that was told: its texts and numbers were checked when it was read."""
    known = {name: _plain(told[name]) for name in JOB_FIELDS if name in told}
    return Job(**({"name": "", "command": "", "cron_expr": ""} | known))


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
