"""The calls that pause a job and let it go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from common.errors import InvalidField
from common.job import Job, found_name
from common.store import Store
from common.strict_json import json_type
from common.watermark import LATEST_MS
from master.answers import answering
from master.asker import asker
from master.edits import Edits
from master.inputs import instant
from master.json_body import json_body, text
from master.mixed import unheard_of
from master.request import Request
from master.routes import Routes


class PauseApi:
    """Answers POST /api/v1/pause and /api/v1/resume; `zone` is that of a job which names none."""

    def __init__(self, store: Store, edits: Edits, zone: str, now: Callable[[], int]) -> None:
        self._store = store
        self._edits = edits
        self._zone = zone
        self._now = now

    def add_to(self, routes: Routes) -> None:
        """Put the calls into the table."""
        routes.add("POST", "/api/v1/pause", answering(self.pause))
        routes.add("POST", "/api/v1/resume", answering(self.resume))

    def pause(self, request: Request) -> Any:
        """Start nothing more of the job `name`, or nothing before `until`; `reason` is shown.

        `until` is epoch ms or ISO 8601, in the job's zone where it has no offset; the answer's is
        epoch ms, or null for no end. A pause replaces the one that the job has. `warnings` say
        who does not heed it, and `changed` is false where it is paused so already.
        """
        body = json_body(request, ("name", "until", "reason"))
        name, reason = found_name(text(body, "name")), text(body, "reason", "")

        until: int | None = None
        warnings: list[str] = []

        def pausing(job: Job) -> Mapping[str, Any]:
            nonlocal until, warnings
            (warnings,) = unheard_of(self._store, [replace(job, paused=True)])
            until = self._until(body.get("until"), job.timezone or self._zone)
            return {"name": name, "paused": True, "pausedUntil": until, "pauseReason": reason}

        changed = self._edits.alter(name, pausing, asker(request), request.peer[0])
        return {"name": name, "until": until, "changed": changed, "warnings": warnings}

    def resume(self, request: Request) -> Any:
        """Let the job `name` go on from now; `wasPaused` is false where it was not paused."""
        name = found_name(text(json_body(request, ("name",)), "name"))

        def resuming(job: Job) -> Mapping[str, Any] | None:
            return {"name": name, "paused": False} if job.rests_until > self._now() else None

        done = self._edits.alter(name, resuming, asker(request), request.peer[0])
        return {"name": name, "wasPaused": done}

    def _until(self, value: object, zone: str) -> int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | str):
            wanted = "milliseconds or ISO 8601"
            raise InvalidField("until", f"expected {wanted}, got {json_type(value)}")
        if value == "":
            raise InvalidField("until", "is empty")
        if isinstance(value, int) and 0 <= value <= LATEST_MS:
            return value
        return instant({"until": str(value)}, "until", zone, 0)
