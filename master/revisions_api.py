"""The calls that show a job's revisions, and restore one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from common.errors import InvalidField
from common.job import Job, found_name, job_from_document, parse_object
from common.strict_json import json_type
from master.answers import answering
from master.asker import asker
from master.audit_api import MOST_ENTRIES, as_object, entry_id
from master.edits import Edits
from master.inputs import only, required, whole
from master.json_body import json_body, text
from master.request import Request
from master.restored import Whole
from master.revisions import UNKNOWN, NoSuchRevision, Revision, Revisions
from master.routes import Routes

SHOWN = 20
_GREATEST = 10**15 - 1


class RevisionsApi:
    """Answers GET /api/v1/revisions and /api/v1/revision, and POST /api/v1/restore.

    `zone` is the fleet's; `warned_of` gives for each job what is unwise about it.
    """

    def __init__(
        self,
        revisions: Revisions,
        edits: Edits,
        zone: str,
        warned_of: Callable[[Sequence[Job]], list[list[str]]],
    ) -> None:
        self._revisions = revisions
        self._edits = edits
        self._zone = zone
        self._warned_of = warned_of

    def add_to(self, routes: Routes) -> None:
        """Put the calls into the table."""
        routes.add("GET", "/api/v1/revisions", answering(self.revisions))
        routes.add("GET", "/api/v1/revision", answering(self.revision))
        routes.add("POST", "/api/v1/restore", answering(self.restore))

    def revisions(self, request: Request) -> Any:
        """The last revisions of the job called `name`, newest first, in pages as the audit's.

        What is `unknown` was changed by the Go master, by hand, or before there was an audit.
        """
        query = request.query
        only(query, ("name", "after", "limit"))
        limit = whole(query, "limit", SHOWN, 1, MOST_ENTRIES - 1)
        name = found_name(required(query, "name"))
        return self._revisions.page(name, entry_id(query, "after"), limit)

    def revision(self, request: Request) -> Any:
        """One `revision` of the job called `name`: who made it and when, and the `job`.

        `job` is null where the job was deleted by it, and text where it is no object.
        """
        only(request.query, ("name", "revision"))
        name = found_name(required(request.query, "name"))
        required(request.query, "revision")
        number = whole(request.query, "revision", 0, 1, _GREATEST)
        return _shown(self._revisions.one(name, number))

    def restore(self, request: Request) -> Any:
        """Save the whole job `name` as it was at a `revision`; its pause stays as it is now.

        `changed` is false where it is so already. A job that was deleted is made anew.
        """
        body = json_body(request, ("name", "revision"))
        name = found_name(text(body, "name"))
        number = _number(body.get("revision"))
        found = self._revisions.one(name, number)
        if found.text is None:
            raise NoSuchRevision(f"revision {number} is the deletion of {name[:140]!r}")
        document = parse_object(found.text) | {"name": name}
        (warnings,) = self._warned_of([job_from_document(document)])
        wanted = Whole(document, f"revision {number}", self._zone, pauses=False)
        done = self._edits.restore(wanted, asker(request), request.peer[0])
        return {"name": name, "revision": number, "changed": done, "warnings": warnings}


def _shown(revision: Revision) -> dict[str, Any]:
    entry = revision.entry
    told = {"what": entry.what, "at": entry.at, "by": entry.by} if entry else {"what": UNKNOWN}
    job = None if revision.text is None else as_object(revision.text)
    return {"revision": revision.number, **told, "job": job}


def _number(value: object) -> int:
    if value is None:
        raise InvalidField("revision", "is missing")
    if isinstance(value, bool) or not isinstance(value, int):
        got = value if isinstance(value, float) else json_type(value)
        raise InvalidField("revision", f"expected a whole number, got {got}")
    if not 1 <= value <= _GREATEST:
        raise InvalidField("revision", f"{value} is not one")
    return value
