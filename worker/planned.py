"""What a worker keeps of each job that can run, and how it is read from the store."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Any

from common.errors import InvalidField
from common.job import Job, unpack_fields
from common.schedule import Schedule, parse_schedule

UNUSED = ("cron_expr_source", "description", "owner", "labels", "pause_reason")
"""Fields that matter to people, and to no run."""
TERMS = 1_000
"""Of so many different terms one is kept for all jobs that have them."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A job as it is at a revision; `created` is that of its key's first put.

    `terms` is a job without a name, a command or times: all else that it asks for. It is shared,
    as is the schedule, for there may be very many jobs.
    """

    name: str
    revision: int
    created: int
    command: str
    schedule: Schedule
    terms: Job

    def is_due_as(self, other: Planned) -> bool:
        """Whether both are due at the same instants."""
        rests = self.terms.rests_until == other.terms.rests_until
        return rests and self.schedule == other.schedule

    def job(self) -> Job:
        """The job, as far as it matters for a run."""
        times = self.schedule
        return replace(
            self.terms,
            name=self.name,
            command=self.command,
            cron_expr=times.expr,
            timezone=times.zone,
        )


class JobReader:
    """Reads jobs; `zone` is that of a job which names none. Belongs to one thread."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._terms: dict[tuple[tuple[str, Any], ...], Job] = {}

    def read(self, name: str, value: bytes, revision: int, created: int) -> Planned:
        """The job under the key of this name; InvalidField says why it cannot run."""
        fields = unpack_fields(value)
        if (told := fields.pop("name")) != name:
            raise InvalidField("name", f"{told!r} is not what the key says")
        zone = fields.pop("timezone", self._zone)
        schedule = parse_schedule(fields.pop("cron_expr"), zone)
        command = sys.intern(fields.pop("command"))
        return Planned(name, revision, created, command, schedule, self._shared(fields))

    def _shared(self, fields: dict[str, Any]) -> Job:
        for name in UNUSED:
            fields.pop(name, None)
        asked: tuple[tuple[str, Any], ...] = tuple(fields.items())
        if "env" in fields:
            asked = tuple((k, tuple(v.items()) if k == "env" else v) for k, v in asked)
        terms = self._terms.get(asked)
        if terms is None:
            if len(self._terms) >= TERMS:
                self._terms.clear()
            terms = self._terms[asked] = Job("", "", "", **fields)
        return terms
