"""A part of what a run prints while somebody looks: the value of a key under /cron/output/."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass

from common import keys
from common.errors import InvalidField
from common.store import Entry
from common.strict_json import parse_object

SMALL_BYTES = 512
"""Less than this is not worth to be packed tighter."""
MOST_BYTES = 1 << 20
"""No part is larger, whatever its value says."""

_PLACE = re.compile(r"[0-9]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LivePart:
    """What was printed from byte `start` to before `end`, as it may be shown; heard of at `at_ms`.

    The bytes between two parts are not shown; where a part hides secrets, `output` is not as long
    as what was printed.
    """

    start: int
    end: int
    at_ms: int
    output: bytes


def pack(part: LivePart) -> bytes:
    """The value: a line of JSON, and the output."""
    packed = zlib.compress(part.output, 1) if len(part.output) > SMALL_BYTES else part.output
    header = {"to": part.end, "at": part.at_ms, "z": int(packed is not part.output)}
    return json.dumps(header, separators=(",", ":")).encode() + b"\n" + packed


def unpack(run_id: str, entry: Entry) -> LivePart | None:
    """The part under a key of the run's; None for another run's, InvalidField for no part."""
    place = entry.key.removeprefix(keys.outputs(run_id))
    if not _PLACE.fullmatch(place):
        return None
    text, _, output = entry.value.partition(b"\n")
    header = parse_object(text, "output")
    end, at_ms = header.get("to"), header.get("at")
    if type(end) is not int or type(at_ms) is not int or end < int(place):
        raise InvalidField("output", "expected to and at as whole numbers")
    return LivePart(int(place), end, at_ms, _unpacked(output) if header.get("z") else output)


def _unpacked(data: bytes) -> bytes:
    try:
        unpacking = zlib.decompressobj()
        output = unpacking.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise InvalidField("output", f"cannot be unpacked: {error}") from error
    if not unpacking.eof:
        raise InvalidField("output", "is too large, or cut off")
    return output
