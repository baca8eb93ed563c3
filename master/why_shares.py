"""What became of an instant on all its shares, in one answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from master.names import in_a_row
from master.why_answer import Answer, answer
from master.why_facts import Facts
from master.why_runs import Happening, by_share
from master.why_told import tell

SHOWN = 10


def tell_all(facts: Facts, found: Sequence[Happening]) -> Answer:
    """The answer about one instant: of the scheduled runs, else of those that were asked for."""
    planned = [each for each in found if not each.name.manual]
    manual = [each for each in found if each.name.manual]
    told = [(share, tell(facts, runs)) for share, runs in by_share(planned or manual).items()]
    one = told[0][1] if len(told) == 1 else _together(told)
    beside = in_a_row(each.run_id for each in manual) if planned and manual else ""
    return one.more(
        f"Beside it there was a run by hand: {beside}." if beside else "",
        _unsettled(facts, found),
    )


def _unsettled(facts: Facts, found: Sequence[Happening]) -> str:
    """A sentence on shares that still owe the instant; "" where none do."""
    at = max(each.record.plan_time for each in found)
    known = {each.name.unit for each in found}
    owing = [u for u, mark in facts.marks.items() if mark is not None and mark < at]
    shares = in_a_row(unit.rpartition("#")[2] for unit in owing if unit not in known)
    return f"Nothing has settled it yet for the shares {shares}." if shares else ""


def _together(told: Sequence[tuple[str, Answer]]) -> Answer:
    causes = Counter(each.cause for _, each in told)
    counts = ", ".join(f"{number} {cause}" for cause, number in causes.most_common())
    cause = next(iter(causes)) if len(causes) == 1 else "shares"
    worst = sorted(told, key=lambda each: (each[1].cause == "success", each[0]))
    lines = [f"Share {share}: {each.sentences[0]}" for share, each in worst[:SHOWN]]
    rest = f"So much for {SHOWN} of {len(told)} shares." if len(told) > SHOWN else ""
    runs = [run for _, each in told for run in each.runs]
    records = [record for _, each in told for record in each.records]
    said = f"It has {len(told)} shares: {counts}."
    return answer(cause, said, *lines, rest).about(runs, records)
