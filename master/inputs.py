"""The fields of a query or form as what they mean; InvalidField names the one that is wrong."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from common.errors import InvalidField

_WHOLE = re.compile(r"[0-9]{1,15}", re.ASCII)
_MS = re.compile(r"0|[0-9]{12,15}", re.ASCII)
"""Of 1973 or later, or of the epoch itself: shorter numbers are seconds, or a date."""
_NO_DATE = re.compile(r"[0-9]{9,}", re.ASCII)


def only(fields: Collection[str], known: Collection[str]) -> None:
    """Return where the fields are among the `known`; else the first other is refused by name."""
    for name in fields:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            raise InvalidField(name[:140], f"is not a field of this call{hint}")


def required(fields: Mapping[str, str], name: str) -> str:
    """A field's text; refused when it is missing or empty."""
    if not fields.get(name):
        raise InvalidField(name, "is missing")
    return fields[name]


def whole(fields: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """A whole number from `low` to `high`; the default when it is missing or empty."""
    text = fields.get(name) or str(default)
    if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
        raise InvalidField(name, f"{text[:40]!r} is not a whole number from {low} to {high}")
    return int(text)


def instant(fields: Mapping[str, str], name: str, zone: str, now_ms: int) -> int:
    """Epoch ms from ms or ISO 8601 (read in `zone` where it has no offset); now when missing."""
    text = fields.get(name)
    if not text:
        return now_ms
    if _MS.fullmatch(text):
        return int(text)
    try:
        if _NO_DATE.fullmatch(text):
            raise ValueError("too long for a date")
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise InvalidField(name, f"{text[:40]!r} is neither ISO 8601 nor milliseconds") from error
