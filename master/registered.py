"""The registered workers, as their registrations say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from common.constants import JOB_WORKER_DIR
from common.errors import InvalidField
from common.labels import registered_labels
from common.protocol import extract_worker_ip
from common.selector import failing
from common.store import Store
from common.strict_json import parse_object


@dataclass(frozen=True, slots=True)
class Registered:
    """A worker of ours, or (not `ours`) one of which nothing is known but its name.

    `unclear` is what is wrong with its labels, which then match no term; `short_of` what it has too
    little of, where it has no room for another reason than its slots.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    draining: bool = False
    unclear: str = ""
    room: bool = True
    host: str = ""
    ours: bool = True
    short_of: str = ""

    def failing(self, where: Sequence[str]) -> str:
        """The first term that does not hold for it, "" where it may run such jobs."""
        if self.unclear:
            return where[0] if where else ""
        return failing(where, self.labels)


def registered(store: Store) -> tuple[Registered, ...]:
    """All workers of ours; the store's errors pass through. Go workers match nothing."""
    return tuple(worker for worker in all_registered(store) if worker.ours)


def all_registered(store: Store) -> tuple[Registered, ...]:
    """All workers, by name; the store's errors pass through."""
    entries = store.snapshot(JOB_WORKER_DIR).entries
    return tuple(_registered(extract_worker_ip(entry.key), entry.value) for entry in entries)


def _registered(name: str, value: bytes) -> Registered:
    """The Go worker's registration is empty."""
    labels: Mapping[str, str] = {}
    unclear = ""
    try:
        said = parse_object(value, "registration")
    except InvalidField:
        return Registered(name, ours=False)
    try:
        labels = registered_labels(said)
    except InvalidField as error:
        unclear = str(error)
    return Registered(
        name,
        labels,
        said.get("draining") is True,
        unclear,
        said.get("room") is not False,
        str(said.get("host", "")),
        short_of=str(said.get("shortOf", "")),
    )
