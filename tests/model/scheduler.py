"""The scheduler of a worker: what it tries to claim, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from common import keys
from tests.model.choice import NO_SLOT, NO_WORKER, Choice, choose
from tests.model.jobs import Job, of_unit, share_of
from tests.model.placement import Place, place_of
from tests.model.rows import Row
from tests.model.steps import Machine
from tests.model.transactions import Entry
from tests.model.view import trigger_key

if TYPE_CHECKING:
    from tests.model.worker import Worker

LATER_PER_PLACE = 1000
"""So much later than the first the second looks, and the third than the second."""


class Scheduler:
    """One worker's. A unit has at most one claim under way."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._world = worker.world

    def run(self) -> Machine[None]:
        """Look again and again, for as long as the worker lives."""
        while True:
            yield self._worker.nap(50, 500)
            if not self._worker.ready():
                self._world.count("scheduler: not ready")
                continue
            for row in list(self._worker.rows.rows.values()):
                for unit in row.units:
                    if unit not in self._worker.busy:
                        self._consider(unit, row)
            for entry in self._worker.view.kind("trigger").values():
                self._trigger(entry)

    def _place(self, name: str, share: int | None = None) -> Place:
        worker = self._worker
        return place_of(worker.name, worker.registration(), worker.view, name, share)

    def _consider(self, unit: str, row: Row) -> None:
        place, job = self._place(row.name, share_of(unit)), of_unit(row.job, unit)
        if not place.tries:
            return
        if unit not in row.fired:
            self._worker.busy.add(unit)
            self._worker.go(self._worker.adoption.adopt(unit, row))
        elif job:
            choice = self._choose(job, row.fired[unit], place)
            if choice and keys.run_id(unit, choice.due) not in self._worker.known:
                self._worker.busy.add(unit)
                wanted = self._worker.claims.want(unit, row, job, choice)
                self._worker.go(self._worker.claims.claim(wanted))

    def _choose(self, job: Job, fired: int, place: Place) -> Choice | None:
        ahead = -LATER_PER_PLACE * (place.place or 0)
        if not place.place and place.may_run:
            ahead = self._world.random.randint(*self._world.provocation.ahead)
        choice = choose(job, fired, self._worker.wall, ahead)
        if choice is None or choice.missed:
            return choice
        if place.may_run and self._worker.has_room:
            return choice
        if self._worker.wall < choice.due + job.start_deadline:
            self._world.count("all full: wait" if place.may_run else "nobody may run it: wait")
            return None
        return replace(choice, missed=NO_SLOT if place.may_run else NO_WORKER)

    def _trigger(self, entry: Entry) -> None:
        name = entry.value.job.name
        key = trigger_key(name, entry.value.identity)
        if key not in self._worker.busy and self._place(name).place == 0:
            self._worker.busy.add(key)
            self._worker.go(self._worker.triggers.take(key, entry))
