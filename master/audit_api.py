"""The call that tells who did what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from common.audit import WHATS, AuditEntry, entry_to_document, is_identity
from common.audit_store import AuditFilter
from common.errors import InvalidField
from common.strict_json import parse_object
from master.answers import answering
from master.audit_list import AuditList
from master.inputs import instant, only, whole
from master.request import Request
from master.routes import Routes

MOST_ENTRIES = 1000
_FIELDS = ("job", "by", "what", "since", "until", "after", "limit")


class AuditApi:
    """Answers GET /api/v1/audit. `zone` is the fleet's; `now` gives epoch ms."""

    def __init__(self, entries: AuditList, zone: str, now: Callable[[], int]) -> None:
        self._entries = entries
        self._zone = zone
        self._now = now

    def add_to(self, routes: Routes) -> None:
        """Put the call into the table."""
        routes.add("GET", "/api/v1/audit", answering(self.audit))

    def audit(self, request: Request) -> Any:
        """A page of the audit, newest first: of a `job`, `by` somebody, of a `what` (or several,
        with commas), `since` and before `until`. `next` is the next page's `after`, null at the
        end; `problem` says why entries may be missing, if they may.
        """
        query = request.query
        only(query, _FIELDS)
        limit = whole(query, "limit", 50, 1, MOST_ENTRIES)
        page = self._entries.page(self._wanted(query), entry_id(query, "after"), limit)
        full = len(page.entries) == limit
        return {
            "entries": [shown(entry) for entry in page.entries],
            "next": page.entries[-1].identity if full else None,
            "problem": page.problem,
        }

    def _wanted(self, query: dict[str, str]) -> AuditFilter:
        whats = tuple(filter(None, query.get("what", "").split(",")))
        for what in whats:
            if what not in WHATS:
                expected = f"expected of {', '.join(WHATS)}"
                raise InvalidField("what", f"{expected}, got {what[:40]!r}")
        return AuditFilter(
            query.get("job", ""),
            query.get("by", ""),
            whats,
            self._instant(query, "since"),
            self._instant(query, "until"),
        )

    def _instant(self, query: dict[str, str], name: str) -> int | None:
        return instant(query, name, self._zone, self._now()) if query.get(name) else None


def entry_id(query: Mapping[str, str], name: str) -> str:
    """The id of an entry, as the `next` of an answer names it; "" where it is missing."""
    given = query.get(name, "")
    if given and not is_identity(given):
        raise InvalidField(name, f"{given[:40]!r} is no `next` of an answer")
    return given


def shown(entry: AuditEntry) -> dict[str, Any]:
    """An entry as it is told: the jobs as objects, as text where they are none."""
    document = {"id": entry.identity, **entry_to_document(entry)}
    for name in ("before", "after"):
        if name in document:
            document[name] = as_object(document[name])
    return document


def as_object(text: str) -> Any:
    """A job's JSON text as an object, where it is one."""
    try:
        return parse_object(text)
    except InvalidField:
        return text
