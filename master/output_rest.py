"""What a viewer that has seen a run up to some byte still lacks, by the run's record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from common.live_output import LivePart

_GAP = re.compile(rb"\n?\.\.\. ([0-9]{1,18}) bytes left out \.\.\.\n")


def cut(part: LivePart, at: int) -> LivePart | None:
    """What of a part lies beyond byte `at`; None for nothing.

    Of one in which secrets are hidden it is not known: it is shown whole rather than lost.
    """
    if part.end <= at:
        return None
    if part.start >= at or len(part.output) != part.end - part.start:
        return part
    return LivePart(at, part.end, part.at_ms, part.output[at - part.start :])


def rest(record: Mapping[str, Any], at: int) -> list[LivePart]:
    """The parts of a record's output (as its document says it) beyond byte `at`.

    Where it has not the bytes that were printed, for secrets are hidden in it or it was no text,
    they are at least that, as far as it was kept.
    """
    output = str(record.get("output") or "").encode("utf-8", "backslashreplace")
    total = int(record.get("outputBytes") or len(output))
    found = [part for each in _parts(output, total, record) if (part := cut(each, at))]
    if at and found and len(found[0].output) != found[0].end - found[0].start:
        return [_end(found[0], total - at, int(record.get("invalidBytes") or 0))]
    return found


def _end(part: LivePart, left: int, invalid: int) -> LivePart:
    """The last `left` bytes of a part, or a little more; `invalid` of all bytes were no text."""
    if not part.output:
        return LivePart(part.end, part.end, part.at_ms, b"")
    # A byte that was no text has become three; a secret is not longer than it was.
    start = max(0, len(part.output) - left - 2 * min(invalid, left))
    while start and part.output[start] & 0xC0 == 0x80:
        start -= 1
    return LivePart(part.end - left, part.end, part.at_ms, part.output[start:])


def _parts(output: bytes, total: int, record: Mapping[str, Any]) -> list[LivePart]:
    """A record's output by where its bytes stood; as one, where that is not known."""
    at_ms = int(record.get("endTime") or 0)
    gap = _GAP.search(output) if record.get("truncated") else None
    if gap:
        tail = output[gap.end() :]
        head = output[: total - int(gap[1]) - len(tail)]
        if len(head) in (gap.start(), gap.start() + 1):
            start = total - len(tail)
            return [LivePart(0, len(head), at_ms, head), LivePart(start, total, at_ms, tail)]
    return [LivePart(0, total, at_ms, output)] if total else []
