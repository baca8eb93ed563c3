"""A drain: somebody told a worker to take no more runs. The value under its key in /cron/drain/."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    return json.dumps(drain_to_document(drain)).encode()


def drain_to_document(drain: Drain) -> dict[str, Any]:
    """The JSON object of a drain."""
    return {"by": drain.by, "at": drain.at, "reason": drain.reason}


def unpack_drain(value: bytes) -> Drain:
    """What the bytes say; whatever lies there drains: of what is malformed nothing more is told."""
    try:
        document = parse_object(value, "drain")
    except InvalidField:
        return Drain()
    return drain_from_document(document)


def drain_from_document(document: Mapping[str, Any]) -> Drain:
    """What an object says of a drain; of what is of another type nothing is told."""
    by, at, reason = (document.get(name) for name in ("by", "at", "reason"))
    return Drain(
        by if isinstance(by, str) else "",
        at if isinstance(at, int) and not isinstance(at, bool) else 0,
        reason if isinstance(reason, str) else "",
    )
