"""What broke and what is known about it, in lines for whoever has to find out why."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.faults.evidence import Case, Violation

MOST, NEAR = 10, 3
"""So many violations and jobs are shown, with so many instants before and after each."""


def story(case: Case, broken: Sequence[Violation]) -> str:
    """What broke, and the evidence about it in short, for whoever has to find out why."""
    lines = [str(violation) for violation in broken[:MOST]]
    spells = sorted([*case.faults, *case.slow], key=lambda fault: fault.begun)
    lines += [f"{fault.begun}-{fault.healed} {fault.what}" for fault in spells]
    named = " ".join(f"{violation.of} {violation.what}" for violation in broken)
    plans = [int(plan) for plan in re.findall(r"\b\d{13}\b", named)]
    for promise in [promise for promise in case.promises if promise.job in named][:MOST]:
        lines.append(f"{promise.job}: due each {promise.every_ms} ms from {promise.saved} on")
        mine = [start for start in case.starts if start.job == promise.job]
        told = [(s.plan, f"began {case.instant(s.began):.0f}, fence {s.fence}") for s in mine]
        told += [(r.plan, f"{r.outcome} {r.reason}") for r in case.records if r.job == promise.job]
        near = [
            (plan, what)
            for plan, what in sorted(told)
            if not plans or min(abs(plan - other) for other in plans) <= NEAR * promise.every_ms
        ]
        lines += [f"  {plan} {what}" for plan, what in near]
    return "\n".join(lines)
