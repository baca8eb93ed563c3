"""Runs that somebody asked for around an instant, told beside what became of it."""

from __future__ import annotations

from common.errors import LogStoreError
from common.instants import instant
from common.log_store import LogStore
from master.why_answer import by, listed
from master.why_facts import Facts
from master.why_runs import of_record, put_together

AROUND_MS = 600_000
"""So long after an instant a run by hand may have made up for it."""
MOST = 600
SHOWN = 3


def by_hand(facts: Facts, logs: LogStore, at: int) -> str:
    """A sentence on the runs that were asked for soon after the instant; "" where none were."""
    found = [each for each in facts.runs if at < each.record.plan_time <= at + AROUND_MS]
    try:
        records = logs.planned(facts.name, at + 1, at + AROUND_MS, MOST)
    except LogStoreError:
        records = []
    found += map(of_record, records)
    runs = [each for each in put_together(found) if each.name.manual]
    asked = [
        f"{instant(each.record.plan_time, facts.zone)}{by(each.record.by)}"
        f" ({each.record.outcome or each.state})"
        for each in runs
    ]
    waiting = [
        f"{instant(each.at, facts.zone)}{by(each.by)} (not begun yet)"
        for each in facts.triggers.values()
        if at < each.at <= at + AROUND_MS
    ]
    told = listed([*asked, *waiting], SHOWN)
    return f"Soon after it was run by hand: {told}." if told else ""
