"""Runs that somebody asked for around an instant, told beside what became of it."""

from __future__ import annotations

from dataclasses import replace

from common.errors import LogStoreError
from common.instants import instant
from common.log_store import LogStore
from master.names import in_a_row
from master.why_answer import Answer, answer, by
from master.why_facts import Facts
from master.why_runs import Happening, of_record, put_together
from master.why_shares import tell_all

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
        for each in facts.triggers
        if at < each.at <= at + AROUND_MS
    ]
    told = in_a_row([*asked, *waiting], SHOWN)
    return f"Soon after it was run by hand: {told}." if told else ""


def newest_by_hand(facts: Facts, logs: LogStore) -> Answer | None:
    """The newest run if somebody asked for that, and what became of it; else None."""
    run = _newest(facts, logs)
    asked = max((each.at for each in facts.triggers), default=0)
    if asked > (run.record.plan_time if run else 0):
        when = instant(asked, facts.zone)
        said = f"It was asked to be run by hand at {when}, and no worker has begun that yet."
        return answer("pending", said)
    if run is None:
        return None
    at, manual = run.record.plan_time, run.name.manual
    records = map(of_record, logs.planned(facts.name, at, at, MOST))
    told = tell_all(
        facts, put_together(x for x in (*facts.runs, *records) if x.name.manual == manual)
    )
    when = f"{instant(at, facts.zone)}{by(run.record.by)}"
    first, *more = told.sentences
    return replace(told, sentences=(f"It was last run by hand at {when}. {first}", *more))


def _newest(facts: Facts, logs: LogStore) -> Happening | None:
    """The newest of the runs that were asked for; None where a scheduled one is newer."""
    found = [each for each in facts.runs if not each.is_gap]
    record = logs.latest([facts.name]).get(facts.name)
    found += [of_record(record)] if record else []
    newest = max(found, key=lambda each: each.record.plan_time, default=None)
    return newest if newest and newest.name.manual else None
