"""The calls that give all jobs as one document, and take them back."""

from __future__ import annotations

from typing import Any

from master.answers import answering
from master.asker import asker
from master.backup import Backup
from master.inputs import only, whole
from master.json_body import json_body
from master.request import Request
from master.routes import Routes

_FIELDS = ("fleetcron", "at", "zone", "revision", "jobs", "drains", "left", "checked", "surplus")


class BackupApi:
    """Answers GET and POST /api/v1/backup."""

    def __init__(self, backup: Backup) -> None:
        self._backup = backup

    def add_to(self, routes: Routes) -> None:
        """Put the calls into the table."""
        routes.add("GET", "/api/v1/backup", answering(self.backup))
        routes.add("POST", "/api/v1/backup", answering(self.restore))

    def backup(self, request: Request) -> Any:
        """All jobs, whole, and all drains."""
        only(request.query, ())
        return self._backup.document()

    def restore(self, request: Request) -> Any:
        """Make the jobs and drains of a backup, or a part of one, what they were, and delete the
        jobs that are named as `surplus`.

        With `check=1` it is only told what would change, and what would be refused.
        """
        only(request.query, ("check",))
        check = whole(request.query, "check", 0, 0, 1) == 1
        body = json_body(request, _FIELDS)
        return self._backup.restore(body, asker(request), request.peer[0], check)
