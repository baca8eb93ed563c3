"""The watermark of a job: up to which instant every due instant is accounted for."""

from __future__ import annotations

import re

from common.errors import InvalidField

_DIGITS = re.compile(rb"[0-9]{13}")


def pack_watermark(ms: int) -> bytes:
    """The value under /cron/fired/: 13 digits of epoch ms, so that text sorts like the numbers."""
    return b"%013d" % ms


def unpack_watermark(value: bytes) -> int:
    """Epoch ms from the value; InvalidField for anything but 13 digits."""
    if not _DIGITS.fullmatch(value):
        raise InvalidField("fired", f"expected 13 digits of milliseconds, got {value[:40]!r}")
    return int(value)
