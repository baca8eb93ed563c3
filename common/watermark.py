"""The watermark of a job: up to which instant every due instant is accounted for."""

from __future__ import annotations

import re
from functools import lru_cache

from common.errors import InvalidField
from common.store import Entry

LATEST_MS = 4_102_531_200_000
"""2100-01-02: no job is due later, in no zone."""
REMEMBERED = 4096
_DIGITS = re.compile(rb"[0-9]{13}")


def pack_watermark(ms: int) -> bytes:
    """The value under /cron/fired/: 13 digits of epoch ms, so that text sorts like the numbers."""
    return b"%013d" % ms


@lru_cache(maxsize=REMEMBERED)
def unpack_watermark(value: bytes) -> int:
    """Epoch ms from the value; InvalidField for what no watermark says.

    Very many jobs have few watermarks: what was due at one instant has one.
    """
    if not _DIGITS.fullmatch(value):
        raise InvalidField("fired", f"expected 13 digits of milliseconds, got {value[:40]!r}")
    if int(value) > LATEST_MS:
        raise InvalidField("fired", f"expected an instant before 2100, got {int(value)}")
    return int(value)


def watermark_of(entry: Entry | None) -> int | None:
    """The watermark (epoch ms), None where there is none that can be read."""
    try:
        return unpack_watermark(entry.value) if entry else None
    except InvalidField:
        return None
