"""The kills that were asked for of late: a claim whose answer comes after its kill is meant too."""

from __future__ import annotations

from collections import OrderedDict

from common.clock import Clock
from common.killer import unpack_kill
from common.store import Entry
from worker.events import KillAsked

KEPT_SECONDS = 120.0


class Kills:
    """Remembers kills for as long as an answer may be late; belongs to the scheduler's thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked: OrderedDict[str, list[tuple[float, KillAsked]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._asked)

    def add(self, event: KillAsked) -> None:
        """Remember it, and none that is too old, of whatever job."""
        now = self._clock.boot()
        kept = [k for k in self._asked.get(event.name, []) if k[0] > now - KEPT_SECONDS]
        self._asked[event.name] = [*kept, (now, event)]
        self._asked.move_to_end(event.name)
        while next(iter(self._asked.values()))[-1][0] <= now - KEPT_SECONDS:
            self._asked.popitem(last=False)

    def reason(self, name: str, run_id: str, created: int) -> str:
        """Why a run whose key was `created` then is not to start; "" where no kill means it."""
        if name not in self._asked:
            return ""
        asked = (event for _, event in self._asked[name])
        return next((why_killed(event) for event in asked if is_meant(event, run_id, created)), "")


def is_meant(event: KillAsked, run_id: str, created: int) -> bool:
    """Whether a kill means a run of its job: one whose key was there before it, no later one."""
    return created < event.revision and event.run_id in ("", run_id)


def why_killed(event: KillAsked) -> str:
    """What the record of a run says that was killed so."""
    asked = f"killed on request of {event.by}, " if event.by else "killed on request, "
    return asked + ("this run" if event.run_id else "all runs of the job")


def why_meant(name: str, killer: Entry | None, run_id: str, created: int) -> str:
    """What the kill says that stands under the job's key, if it means this run; else ""."""
    if killer is None:
        return ""
    event = KillAsked(name, killer.revision, *unpack_kill(killer.value))
    return why_killed(event) if is_meant(event, run_id, created) else ""
