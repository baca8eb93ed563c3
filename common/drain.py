"""A drain: somebody told a worker to take no more runs. The value under its key in /cron/drain/."""

from __future__ import annotations

import json
from dataclasses import dataclass

from common.errors import InvalidField
from common.record import storable
from common.strict_json import parse_object


@dataclass(frozen=True, slots=True)
class Drain:
    """Who asked for it ("": not known), when (epoch ms, 0: not known), and why, if that was said.

    It has no lease: it holds until it is taken back, also while the worker is not there.
    """

    by: str = ""
    at: int = 0
    reason: str = ""

    def __str__(self) -> str:
        """By whom and why, for a sentence that can be logged and stored."""
        who = f"drained by {self.by}" if self.by else "drained"
        return storable(f"{who} ({self.reason})" if self.reason else who)


def pack_drain(drain: Drain) -> bytes:
    """The JSON to store."""
    document = {"by": drain.by, "at": drain.at, "reason": drain.reason}
    return json.dumps(document).encode()


def unpack_drain(value: bytes) -> Drain:
    """What the bytes say; whatever lies there drains: of what is malformed nothing more is told."""
    try:
        document = parse_object(value, "drain")
    except InvalidField:
        return Drain()
    by, at, reason = (document.get(name) for name in ("by", "at", "reason"))
    return Drain(
        by if isinstance(by, str) else "",
        at if isinstance(at, int) and not isinstance(at, bool) else 0,
        reason if isinstance(reason, str) else "",
    )
