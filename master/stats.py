"""How a job's runs went lately: how many of them well, and how long they took."""

from __future__ import annotations

from typing import Any

from common import record as outcomes
from common.clock import Clock
from common.log_store import LogStore
from common.record import JobLog
from common.search import Position, Search
from common.took import took_ms

MOST_RUNS = 1000
STATS_SECONDS = 2.0
RUNS = (
    outcomes.SUCCESS,
    outcomes.FAILED,
    outcomes.TIMEOUT,
    outcomes.OOM,
    outcomes.COULD_NOT_START,
    outcomes.KILLED,
    outcomes.LOST,
    outcomes.UNKNOWN,
    "",
)
"""The outcomes of runs; the Go worker's records say none. What was skipped or missed never ran."""
_TIMED = (outcomes.SUCCESS, outcomes.FAILED, "")


def stats_of(logs: LogStore, clock: Clock, name: str, since_ms: int | None) -> dict[str, Any]:
    """Of the job's newest runs, at most 1,000: how many, how many went well, how long they took.

    Durations are those of runs that ended by themselves. `complete`: there was time for all.
    """
    runs, complete = _newest(logs, clock, Search(job=name, outcomes=RUNS, since_ms=since_ms))
    good = sum(map(_went_well, runs))
    timed = [took_ms(run) for run in runs if run.outcome in _TIMED]
    durations = sorted(took for took in timed if took is not None)
    return {
        "runs": len(runs),
        "success": good,
        "successRate": good / len(runs) if runs else None,
        "p50Ms": _quantile(durations, 50),
        "p95Ms": _quantile(durations, 95),
        "from": runs[-1].start_time if runs else None,
        "to": runs[0].start_time if runs else None,
        "complete": complete,
    }


def _newest(logs: LogStore, clock: Clock, wanted: Search) -> tuple[list[JobLog], bool]:
    """The newest runs, and whether these are all that were to be given."""
    until = clock.boot() + STATS_SECONDS
    after: Position | None = None
    runs: list[JobLog] = []
    while True:
        found = logs.search(wanted, after, MOST_RUNS - len(runs), until_boot=until)
        runs += found.records
        after = found.next
        if after is None or len(runs) >= MOST_RUNS:
            return runs, True
        if clock.boot() >= until:
            return runs, False


def _went_well(run: JobLog) -> bool:
    return run.outcome == outcomes.SUCCESS or not (run.outcome or run.err)


def _quantile(ordered: list[int], percent: int) -> int | None:
    """The least of them that so many percent of all do not exceed."""
    return ordered[max(-(-len(ordered) * percent // 100) - 1, 0)] if ordered else None
