"""A job of a trial: what is asked for about it, promised with it, and found of it."""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.acceptance.fleet import Master
from tests.faults.calls import UNTOLD, post
from tests.faults.evidence import Record
from tests.faults.findings import living_runs, records
from tests.faults.orders import KILL, RUN, Order
from tests.faults.promise import FOR_EVER, Edit, Promise
from tests.faults.true_clock import now_ms
from tests.faults.witness import Start
from tests.waiting import NeverHappened, pause, until

if TYPE_CHECKING:
    from tests.faults.station import Station
    from tests.faults.trial import Trial

log = logging.getLogger(__name__)

PREFIX = f"bench-{os.getpid()}-"
"""Of all jobs here; other benches run on this machine, and processes are told apart by it."""
PATIENCE = 60.0
STUBBORN_MS = 120_000
"""An edit is asked for again until it was made, for so long."""


class Job:
    """A job of a trial: due every `every` seconds, it bears witness to each start."""

    def __init__(self, trial: Trial, name: str, every: int) -> None:
        self.trial = trial
        self.name = name
        self.every = every
        self._command = ""
        self.promise = Promise(name, every * 1000, now_ms(), 0)

    def save(self, work: str = "", note: str = "", then: str = "", **fields: Any) -> None:
        """Save it by the first master that answers; what is promised begins with that."""
        first = not self.promise.saved
        if first:
            self.promise = replace(self.promise, **self._asked_for(fields))
        self._command = self.trial.fleet.witness.command(work, note, then)
        self.trial.master().save(self.name, self._command, _expr(self.every), **fields)
        if first:
            self.promise = replace(self.promise, saved=now_ms())

    def _asked_for(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        hosts = fields.get("hosts", "any")
        shares = map(str, range(hosts)) if isinstance(hosts, int) else iter(())
        if hosts == "all":
            shares = (station.identity for station in self.trial.fleet.stations)
        return {
            "overlap": fields.get("overlap", "skip"),
            "retries": fields.get("retries", 0),
            "rerun_lost": fields.get("rerunLost", False),
            "delay_ms": round(1000 * fields.get("retryDelaySeconds", 10)),
            "shares": tuple(shares),
        }

    def delete(self) -> None:
        """Delete it, if it was not before."""
        if self.promise.dropped is None:
            self.promise = replace(self.promise, dropped=now_ms())
            self.trial.master().call("/job/delete", name=self.name)
            self.promise = replace(self.promise, gone=now_ms())

    def reschedule(self, every: int) -> None:
        """Save it with another schedule."""
        expr = _expr(every)
        self._edit(lambda master: master.save(self.name, self._command, expr), every, self.rests)

    def rest(self, seconds: float = 0) -> None:
        """Pause it for so long, or (0) until it is resumed."""
        until = now_ms() + round(1000 * seconds) if seconds else None
        body = {"name": self.name, "until": until, "reason": "it rests"}
        asked = now_ms()
        try:
            self._edit(lambda m: post(m, "/api/v1/pause", body), self.every, until or FOR_EVER)
        except NeverHappened:
            # The end of the pause went by before anybody said that it was begun.
            self.resume(asked)

    def resume(self, asked: int = 0) -> None:
        """Let it go on; `asked`: since when nobody knows whether it rests."""
        body = {"name": self.name}
        self._edit(lambda m: post(m, "/api/v1/resume", body), self.every, 0, asked)

    @property
    def rests(self) -> int:
        """Until when it rests as far as was asked (epoch ms); 0 where it does not."""
        return self.promise.edits[-1].rests_until if self.promise.edits else 0

    def _edit(
        self, ask: Callable[[Master], Any], every: int, rests_until: int, asked: int = 0
    ) -> None:
        asked = asked or now_ms()
        late = asked + STUBBORN_MS
        self._insist(ask, min(rests_until, late) if rests_until > asked else late)
        edit = Edit(asked, now_ms(), 1000 * every, rests_until)
        self.promise = replace(self.promise, edits=(*self.promise.edits, edit))
        self.every = every

    def _insist(self, ask: Callable[[Master], Any], until_ms: int) -> None:
        """Ask one master after the other until one says that it was done."""
        for master in itertools.cycle(self.trial.fleet.masters):
            try:
                ask(master)
                return
            except UNTOLD as error:
                if now_ms() > until_ms:
                    raise NeverHappened(f"{self.name}: {error}") from error
                pause(0.2)

    def run(self, on: Station | None = None) -> Order:
        """Ask to run it now, here or there; what is answered is promised."""
        order = Order(RUN, self.name, now_ms())
        body = {"name": self.name} | ({"worker": on.identity} if on else {})
        try:
            runs = tuple(post(self.trial.any_master(), "/api/v1/run", body)["runs"])
            order = replace(order, answered=now_ms(), runs=runs)
        except UNTOLD as error:
            log.debug("%s: a run was asked for: %s", self.name, error)
        self.trial.orders.append(order)
        return order

    def kill(self) -> None:
        """Ask for the end of its runs, as the fixed interface does it."""
        asked = now_ms()
        self.trial.master().call("/job/kill", name=self.name)
        self.trial.orders.append(Order(KILL, self.name, asked, now_ms()))

    def kill_surely(self, run_id: str = "", seconds: float = 10.0) -> Order:
        """Kill its runs, or one, and wait until they are said to be dead."""
        order = Order(KILL, self.name, now_ms(), only=run_id)
        body = {"name": self.name, "waitSeconds": seconds} | ({"run": run_id} if run_id else {})
        try:
            runs = post(self.trial.any_master(), "/api/v1/kill", body)["runs"]
            dead = tuple(run["runId"] for run in runs if run["dead"])
            order = replace(order, answered=now_ms(), runs=dead)
        except UNTOLD as error:
            log.debug("%s: a kill was asked for: %s", self.name, error)
        self.trial.orders.append(order)
        return order

    def starts(self) -> list[Start]:
        """Its starts so far."""
        return self.trial.fleet.witness.starts(self.name)

    def records(self) -> list[Record]:
        """Its records so far, by plan time."""
        found = records(self.trial.fleet.mongodb, [self.name])
        return sorted(found, key=lambda record: record.plan)

    def record(self, start: Start, timeout: float = PATIENCE) -> Record:
        """The record of a start, waited for."""
        return self.wait_record(lambda record: record.run_id == start.run_id, timeout)

    def wait_record(self, wanted: Callable[[Record], bool], timeout: float = PATIENCE) -> Record:
        """The first record that is as wanted, waited for."""
        why = f"a record of {self.name}"
        return until(lambda: [r for r in self.records() if wanted(r)], timeout, why)[0]

    def wait_start(self, after: int = 0, timeout: float = PATIENCE) -> Start:
        """The first start of an instant later than `after` (epoch ms), and not to come yet."""

        def found() -> Start | None:
            latest = max(now_ms(), after) + 3000
            return next((s for s in self.starts() if after < s.plan < latest), None)

        return until(found, timeout, f"{self.name} is started")

    def alive(self) -> dict[int, str]:
        """Its processes: run id by pid."""
        return living_runs(f"{self.name}@")


def _expr(every: int) -> str:
    return f"*/{every} * * * * * *" if every < 60 else "0 * * * * * *"
