"""What a worker knows of jobs, and whether their watermarks are those of the jobs as they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.model.jobs import Job, of_unit, timing, units_of
from tests.model.store import Look
from tests.model.view import JobChange


@dataclass(frozen=True, slots=True)
class Seen:
    """A version of a job, or its absence, as of a revision of the store."""

    revision: int
    job: Job | None


@dataclass(slots=True)
class Row:
    """A job's versions as they were heard of, from the last one whose watermark was known on.

    `fired` has the watermark of each unit once it is known to belong to the last version;
    `settled` says whether the first version is known to have been in force at its watermark.
    """

    name: str
    versions: list[Seen]
    fired: dict[str, int] = field(default_factory=dict)
    settled: bool = False

    @property
    def job(self) -> Job | None:
        """The job as it is; None: it is deleted."""
        return self.versions[-1].job

    @property
    def revision(self) -> int:
        """At which it became so."""
        return self.versions[-1].revision

    @property
    def units(self) -> tuple[str, ...]:
        """Its units; also those that it had in a version before, until they are settled."""
        return units_of(*(seen.job for seen in self.versions))

    @property
    def unsettled(self) -> list[str]:
        """Units whose watermarks are not known yet."""
        return [unit for unit in self.units if unit not in self.fired]

    def change(self, seen: Seen) -> None:
        """The job is another now."""
        self.versions.append(seen)
        self.fired = {}

    def settle(self, unit: str, fired: int) -> None:
        """This is the unit's watermark; it only grows."""
        self.fired[unit] = max(fired, self.fired.get(unit, 0))
        if not self.unsettled:
            del self.versions[:-1]
            self.settled = True

    def in_force(self, watermark_revision: int) -> Seen | None:
        """The version to which a watermark written at this revision belongs; None: not known.

        A save of ours writes both at one revision, a claim the watermark later.
        """
        older = [seen for seen in self.versions if seen.revision <= watermark_revision]
        if older:
            return older[-1]
        return self.versions[0] if self.settled else None

    def seen_before(self) -> Seen | None:
        """The version that was heard of before the last one."""
        return self.versions[-2] if len(self.versions) > 1 else None

    def changes_timing(self, before: Seen | None, unit: str) -> bool:
        """Whether the unit as it is is due at other times than by this version of its job."""
        now = timing(of_unit(self.job, unit))
        return before is not None and timing(of_unit(before.job, unit)) != now


class Rows:
    """All jobs of a worker, told by what it sees of the store."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.revision = 0

    def heard(self, look: Look) -> None:
        """Learn what changed; at the first look, what there is."""
        if self.revision:
            for change in look.changes:
                self._changed(change)
        else:
            for name, entry in look.view.kind("jobs").items():
                self.rows[name] = Row(name, [Seen(entry.revision, entry.value)])
        self.revision = look.view.revision
        for unit, entry in look.view.kind("fired").items():
            row = self.rows.get(unit.partition("#")[0])
            if row and unit in row.fired:
                row.settle(unit, entry.value)

    def forget(self, row: Row) -> None:
        """A deletion is settled; nothing of the job is known any more."""
        if self.rows.get(row.name) is row:
            del self.rows[row.name]

    def _changed(self, change: JobChange) -> None:
        seen = Seen(change.revision, change.entry.value if change.entry else None)
        row = self.rows.get(change.name)
        if row:
            row.change(seen)
        else:
            self.rows[change.name] = Row(change.name, [seen])
