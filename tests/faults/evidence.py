"""What a check is made on: what was asked of the fleet, what was done to it, what was found.

All of it is plain records, so that the checker can be given made-up ones. Instants are epoch ms
of the machine's true clock, which no test shifts; boot times are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.orders import Order
from tests.faults.promise import Promise
from tests.faults.run_names import unit_of
from tests.faults.witness import Start

RAN = {"success", "failed", "timeout", "killed", "lost", "unknown", "oom"}
"""Outcomes that a run may have whose command was started."""
BEFORE_MS = 2000
"""So long before a fault an instant may suffer from it: claimed already, and not yet started."""
AHEAD_MS, HEARD_MS = 500, 50
"""A claim may be made so long before its instant, and a deletion is heard of so soon."""
OFF_MS = 2000
"""A fault may be a clock that is so far off, as far as nobody can notice it."""
NEVER_RAN = {"missed", "skipped_overlap", "ran_elsewhere", "not_started", "could_not_start"}
"""Outcomes that say that no command was started."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that was done to the fleet, from `begun` until it was `healed` (epoch ms)."""

    what: str
    begun: int
    healed: int


@dataclass(frozen=True, slots=True)
class Record:
    """A document of the log store. `marked`: it says that another may have run beside it."""

    run_id: str
    job: str
    plan: int
    outcome: str
    output: str = ""
    reason: str = ""
    worker: str = ""
    started: int = 0
    finished: int = 0
    marked: bool = False
    gap: tuple[int, int, int] | None = None
    revision: int | None = None

    @property
    def unit(self) -> str:
        """The job, or the share of it, whose record it is."""
        return unit_of(self.run_id, self.job)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Record:
        """A record from what MongoDB holds, read without the product's own code."""
        gap = None
        if document.get("count") is not None:
            gap = (int(document["from"]), int(document["to"]), int(document["count"]))
        outcome = str(document.get("outcome", ""))
        return cls(
            run_id=str(document["_id"]),
            job=str(document["jobName"]),
            plan=int(document["planTime"]),
            outcome=outcome,
            output=str(document["output"]),
            reason=str(document.get("reason", "")),
            worker=str(document.get("worker", "")),
            started=int(document["startTime"]),
            finished=int(document["endTime"]),
            marked=outcome == "lost" or document.get("lost") is True,
            gap=gap,
            revision=document.get("jobRevision"),
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """One number of one daemon before and after: descriptors, threads, bytes, or CPU seconds."""

    who: str
    what: str
    before: float
    after: float
    allowed: float


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that one verdict is spoken on.

    `slow` are times at which the machine itself was too slow for anybody to be on time; `drained`
    are those at which a worker took no runs, by its name: its own shares are not due then.
    `boot_ms` is the epoch instant of the machine's boot. `owed` are the keys left under
    /cron/runs/, `living` the run ids of processes that are alive (by pid), `tables` what each
    worker takes for the jobs' revisions, and `jobs` what etcd has of them. The workers' clocks
    may be `apart_ms` off; a start may be `early_ms` and `late_ms` beside that.
    """

    boot_ms: float
    now: int
    promises: Sequence[Promise] = ()
    orders: Sequence[Order] = ()
    faults: Sequence[Fault] = ()
    slow: Sequence[Fault] = ()
    drained: Sequence[Fault] = ()
    starts: Sequence[Start] = ()
    records: Sequence[Record] = ()
    owed: Sequence[str] = ()
    living: Mapping[int, str] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    jobs: Mapping[str, int] = field(default_factory=dict)
    usage: Sequence[Usage] = ()
    apart_ms: int = 0
    early_ms: int = 50
    late_ms: int = 2000
    settling_ms: int = 15_000
    _by_job: dict[str, Promise] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Sort the promises by job; there may be very many."""
        self._by_job.update({promise.job: promise for promise in self.promises})

    def instant(self, boot: float) -> float:
        """A boot time as epoch ms."""
        return self.boot_ms + boot * 1000

    def hurt(self, plan: int, until: int | None = None) -> bool:
        """Whether an instant, or what lasted from it, lies in or near a fault and may suffer."""
        return self._near(self.faults, plan, until or plan)

    def late_excused(self, plan: int) -> bool:
        """Whether an instant may be late: it may suffer from a fault, or the machine was slow."""
        return self.hurt(plan) or self._near(self.slow, plan, plan)

    def slack(self, plan: int) -> int:
        """How long (ms) after its deletion a job may still be started, for it was claimed before.

        A worker that is cut off does not hear that a job is gone that it claimed.
        """
        return self.ahead(plan) if self.late_excused(plan) else self.apart_ms + HEARD_MS

    def at_rest(self, unit: str, plan: int) -> bool:
        """Whether an instant is one of a share whose own worker may have been drained."""
        share = unit.partition("#")[2]
        return self._near([spell for spell in self.drained if spell.what == share], plan, plan)

    def off(self, plan: int) -> int:
        """How far (ms) a worker's clock may have been from the true time around an instant."""
        return max(self.apart_ms, OFF_MS if self.hurt(plan) else 0)

    def ahead(self, plan: int) -> int:
        """How long (ms) before its instant a run may be claimed."""
        return AHEAD_MS + self.off(plan)

    def _near(self, faults: Sequence[Fault], begun: int, ended: int) -> bool:
        return any(
            fault.begun - BEFORE_MS <= ended and begun <= fault.healed + self.settling_ms
            for fault in faults
        )

    def promise(self, job: str) -> Promise | None:
        """What was asked for about a job."""
        return self._by_job.get(job)


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that did not hold, of what, and a sentence with the numbers."""

    invariant: str
    of: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.of}: {self.what}"
