"""What the store holds of one job at a moment: its definition and its watermark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common import keys
from common.errors import InvalidField
from common.job import Job, job_to_document, unpack_job
from common.moving import Before
from common.schedule import parse_schedule
from common.store import Compare, Entry, RevisionIs, Store
from common.watermark import unpack_watermark


def job_of(name: str, entry: Entry) -> Job:
    """The job under the key of `name`; InvalidField when the value is none, or another's."""
    job = unpack_job(entry.value)
    if job.name != name:
        raise InvalidField("name", f"{job.name[:140]!r} is not the name in the key")
    return job


@dataclass(frozen=True, slots=True)
class Standing:
    """A job's two keys as they were read, each None where it was not there."""

    name: str
    entry: Entry | None
    fired: Entry | None

    @property
    def job(self) -> Job | None:
        """The job, or None when there is none or its value is malformed."""
        try:
            return job_of(self.name, self.entry) if self.entry else None
        except InvalidField:
            return None

    @property
    def document(self) -> Mapping[str, Any] | None:
        """The job that is there, for an answer; of a malformed one only the name is told."""
        if self.entry is None:
            return None
        return job_to_document(self.job or Job(self.name, "", ""))

    @property
    def revision(self) -> int:
        """At which the job was last changed; 0 where there is none."""
        return self.entry.revision if self.entry else 0

    @property
    def watermark(self) -> int | None:
        """Epoch ms, or None when there is no watermark or it is malformed."""
        try:
            return unpack_watermark(self.fired.value) if self.fired else None
        except InvalidField:
            return None

    def owing(self, fleet_zone: str) -> Before | None:
        """What a change of this job must account for; None when it has no schedule to read."""
        job = self.job
        if job is None or self.entry is None:
            return None
        try:
            schedule = parse_schedule(job.cron_expr, job.timezone or fleet_zone)
        except InvalidField:
            return None
        return Before(schedule, job.command, self.entry.revision, job.rests_until)

    @property
    def unchanged(self) -> tuple[Compare, ...]:
        """What holds as long as neither key has changed since."""
        return (
            RevisionIs(keys.job(self.name), self.entry.revision if self.entry else 0),
            RevisionIs(keys.fired(self.name), self.fired.revision if self.fired else 0),
        )


def read_standing(store: Store, name: str) -> Standing:
    """Read both keys; a transaction over `unchanged` tells whether they still belong together."""
    return Standing(name, store.get(keys.job(name)), store.get(keys.fired(name)))
