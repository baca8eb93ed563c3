"""What a process saw of the store, grouped by what the keys are for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common import keys
from tests.model.jobs import Job
from tests.model.transactions import Entry
from tests.model.values import GO, Owed, Registration


@dataclass(frozen=True, slots=True)
class JobChange:
    """A job was put, or deleted (`entry` None), at this revision."""

    revision: int
    name: str
    entry: Entry | None


def trigger_key(name: str, identity: str) -> str:
    """Where a run now is asked for."""
    return f"/cron/trigger/{name}/{identity}"


def clock_key(master: str) -> str:
    """Where a master tells its wall clock."""
    return f"/cron/clock/{master}"


def split(key: str) -> tuple[str, str]:
    """The directory's name and the rest of a key: `runs` and `j0/j0@5000`."""
    _, _, directory, rest = key.split("/", 3)
    return directory, rest


class View:
    """All entries at one revision. Each kind is a mapping from the rest of the key."""

    def __init__(self, revision: int, entries: Mapping[str, Entry]) -> None:
        self.revision = revision
        self._entries = entries
        self._kinds: dict[str, dict[str, Entry]] = {}
        for key, entry in entries.items():
            directory, rest = split(key)
            self._kinds.setdefault(directory, {})[rest] = entry

    @classmethod
    def of(cls, revision: int, entries: Mapping[str, Entry]) -> View:
        """A view of its own, which later changes do not reach."""
        return cls(revision, dict(entries))

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def get(self, key: str) -> Entry | None:
        """The entry of a key."""
        return self._entries.get(key)

    def kind(self, directory: str) -> Mapping[str, Entry]:
        """All entries of a directory: jobs, fired, runs, lock, alive, workers, trigger, clock."""
        return self._kinds.get(directory, {})

    @property
    def has_go_worker(self) -> bool:
        """Whether a worker of the Go system is registered."""
        return any(entry.value == GO for entry in self.kind("workers").values())

    def registered(self) -> dict[str, Registration]:
        """The registrations of our workers, by name."""
        found = {name: entry.value for name, entry in self.kind("workers").items()}
        return {name: value for name, value in found.items() if value != GO}

    def job(self, name: str) -> Job | None:
        """The job of this name."""
        entry = self.get(keys.job(name))
        return entry.value if entry else None

    def may_start(self, owed: Owed, wall: int) -> bool:
        """Whether the job is there, and not paused at this time, as far as it matters to the run.

        What was asked for by hand may start all the same, but no retry of it, and what is due when
        the pause ends.
        """
        job, by_hand = self.job(owed.job.name), owed.manual and not owed.attempt
        return job is not None and (bool(by_hand) or job.rests_until <= max(owed.due, wall))


NOTHING = View(0, {})
