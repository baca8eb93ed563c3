"""Who tries for what: rendezvous hashing over the workers that can, else over those there are."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tests.model.values import Registration
from tests.model.view import View

if TYPE_CHECKING:
    from tests.model.worker import Worker


@dataclass(frozen=True, slots=True)
class Place:
    """A worker's place for a name (0 is first, None is nowhere), and whether anybody may run."""

    place: int | None
    may_run: bool

    @property
    def tries(self) -> bool:
        """Whether it is among the three that try."""
        return self.place is not None and self.place <= 2


@lru_cache(maxsize=4096)
def weight(worker: str, name: str) -> int:
    """A worker's weight for a name; the smallest is first."""
    return zlib.crc32(f"{worker}/{name}".encode())


def place_of(me: str, mine: Registration, view: View, name: str, share: int | None = None) -> Place:
    """Our place for a name by what we see; `share` is that of a job on several hosts.

    A share for which there is no worker is run by nobody, and the first of all records that.
    """
    here = view.registered()
    here[me] = mine
    willing = [worker for worker in here if not here[worker].draining]
    with_room = [worker for worker in willing if here[worker].room]
    ranked = sorted(with_room or willing or here, key=lambda worker: weight(worker, name))
    if share is not None:
        ranked = sorted(willing or here, key=lambda worker: weight(worker, name))
    runs = len(willing) > (share or 0)
    if me not in ranked:
        return Place(None, runs)
    shift = share if share is not None and runs else 0
    return Place((ranked.index(me) - shift) % len(ranked), runs)


def heir(worker: Worker, name: str) -> str | None:
    """Who is to go on with a run that waits here: "" this worker, another one's incarnation.

    None: nobody that is there.
    """
    if not worker.draining:
        return ""
    others = {
        other: told
        for other, told in worker.view.registered().items()
        if other != worker.name and not told.draining and told.incarnation
    }
    first = min(others, key=lambda other: weight(other, name), default="")
    return others[first].incarnation if first else None
