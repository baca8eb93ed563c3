"""Who holds a worker's name: read from the registration, told to people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from common import keys
from common.errors import InvalidField
from common.store import Store
from common.strict_json import parse_object
from worker.members import read_member


@dataclass(frozen=True, slots=True)
class Holder:
    """Another worker by our name: the host and the incarnation that its registration says."""

    host: str
    incarnation: str

    def told(self, store: Store) -> str:
        """A clause for people: where it is, and since when; the store's errors pass through."""
        alive = store.get(keys.alive(self.incarnation))
        since = _object(alive.value).get("since") if alive else None
        when = "an unknown time"
        if isinstance(since, int) and 0 < since < 1 << 48:
            when = datetime.fromtimestamp(since / 1000, UTC).isoformat(timespec="seconds")
        return f"host {self.host or '?'}, incarnation {self.incarnation or '?'}, since {when}"


def read_holder(name: str, registration: bytes) -> Holder | None:
    """Who registered so; None when it is no worker of ours (a Go one, or something malformed)."""
    try:
        if read_member(name, registration) is None:
            return None
    except InvalidField:
        return None
    document = _object(registration)
    return Holder(str(document.get("host", "")), str(document.get("incarnation", "")))


def _object(value: bytes) -> dict[str, Any]:
    try:
        return parse_object(value, "value")
    except InvalidField:
        return {}
