"""A trigger as a worker sees it: the key, and what it asks for."""

from __future__ import annotations

from dataclasses import dataclass

from common import keys
from common.store import Entry
from common.trigger import Trigger, split_trigger, unpack


@dataclass(frozen=True, slots=True)
class Asked:
    """A job is to be run now; `revision` is that of the trigger's key."""

    name: str
    identity: str
    revision: int
    trigger: Trigger

    @property
    def key(self) -> str:
        """Where it lies."""
        return keys.trigger(self.name, self.identity)


def read_asked(entry: Entry) -> Asked:
    """What a key under /cron/trigger/ asks for; InvalidField where nobody of ours wrote it."""
    name, identity = split_trigger(entry.key)
    return Asked(name, identity, entry.revision, unpack(entry.value))
