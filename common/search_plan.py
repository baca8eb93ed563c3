"""Which index finds the records that are searched for: every listing walks one, in its order.

All indexes end in start time, newest first, and run id. Before these stand fields whose values are
given; for several values the index is walked once for each, and what is found is merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from common.search import Search
from common.took import classes

JOB, OUTCOME, WORKER, TRIGGER = "jobName", "outcome", "worker", "trigger"
TOOK, TOOK_CLASS = "took", "tookClass"

INDEXES: Mapping[str, tuple[str, ...]] = {
    "newest": (),
    "newest_first": (JOB,),
    "by_outcome": (OUTCOME,),
    "by_worker": (WORKER,),
    "by_trigger": (TRIGGER,),
    "by_job_outcome": (JOB, OUTCOME),
    "by_took": (TOOK_CLASS,),
}
"""The fields that each index has before start time and run id."""
MOST_ARMS = 16
"""So many walks are merged at most; what needs more is compared record by record."""
_SUCCESS, _SCHEDULE = "success", "schedule"


@dataclass(frozen=True, slots=True)
class Plan:
    """How to search: the index, the values of its fields, and what each record is compared with.

    `rest` says no times: these bound each walk.
    """

    index: str
    bound: Mapping[str, tuple[str | int, ...]]
    rest: Search

    @property
    def arms(self) -> int:
        """How many walks are merged."""
        arms = 1
        for values in self.bound.values():
            arms *= len(values)
        return arms


def plan(wanted: Search, many_workers: bool = False) -> Plan:
    """The plan of the index that most probably meets few records that are not meant.

    With `many_workers` one of them has fewer records than there are failed ones.
    """
    plans = _plans(wanted.without_times(), many_workers)
    some = [made for made in plans if made.arms <= MOST_ARMS]
    return some[0] if some else Plan("newest", {}, wanted.without_times())


def _plans(wanted: Search, many_workers: bool) -> Iterator[Plan]:
    """What is possible, the best first."""
    job, outcomes, workers = (wanted.job,), wanted.outcomes, wanted.workers
    if wanted.job and outcomes:
        rest = replace(wanted, job="", outcomes=())
        yield Plan("by_job_outcome", {JOB: job, OUTCOME: outcomes}, rest)
    if wanted.job:
        yield Plan("newest_first", {JOB: job}, replace(wanted, job=""))
    by_outcome = Plan("by_outcome", {OUTCOME: outcomes}, replace(wanted, outcomes=()))
    by_trigger = Plan("by_trigger", {TRIGGER: (wanted.trigger,)}, replace(wanted, trigger=""))
    by_worker = Plan("by_worker", {WORKER: workers}, replace(wanted, workers=()))
    if wanted.trigger and wanted.trigger != _SCHEDULE:
        yield by_trigger
    if many_workers and 0 < len(workers) <= max(len(outcomes), 1):
        yield by_worker
    if outcomes and _SUCCESS not in outcomes:
        yield by_outcome
    if workers:
        yield by_worker
    if wanted.by_took:
        yield _by_took(wanted)
    # Nearly all records have these, and so they are last.
    if outcomes:
        yield by_outcome
    if wanted.trigger:
        yield by_trigger


def _by_took(wanted: Search) -> Plan:
    """By the classes of durations; the exact duration is still to be compared."""
    known = classes(wanted.took_least_ms, wanted.took_most_ms)
    return Plan("by_took", {TOOK_CLASS: known}, wanted)
