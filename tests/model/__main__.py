"""Runs the model by hand: `python -m tests.model --help`. Exit code 1 when a promise is broken."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from tests.model.mutants import UNNOTICED, attempt
from tests.model.provocations import ALL
from tests.model.rules import Rule, named
from tests.model.runner import Findings, explore
from tests.model.story import Story

PROVOCATIONS = {"chance": ALL[0]} | {kind.__name__.lower(): kind for kind in ALL[1:]}


def say(text: str) -> None:
    """Write it to where output goes now."""
    sys.stdout.write(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; the exit code."""
    asked = _parser().parse_args(arguments)
    if asked.mutants:
        return _mutants(asked.seeds)
    begun = time.monotonic()
    findings = explore(
        range(asked.first, asked.first + asked.seeds),
        asked.off,
        PROVOCATIONS[asked.provoke] if asked.provoke else None,
        Story(asked.story, say) if asked.story else None,
    )
    _report(findings, time.monotonic() - begun, brief=bool(asked.story))
    return bool(findings.violations)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./dev model", description="Try out the claim protocol in random worlds."
    )
    add = parser.add_argument
    add("--seeds", type=int, default=300, metavar="N", help="so many worlds (300)")
    add("--first", type=int, default=0, metavar="N", help="the first world's seed (0)")
    rules = ", ".join(rule.name.lower() for rule in Rule)
    add("--off", type=_rules, default=[], metavar="RULE,…", help=f"switch rules off: {rules}")
    add("--provoke", choices=PROVOCATIONS, help="worlds of this kind alone")
    add("--mutants", action="store_true", help="each rule off by itself; it must be noticed")
    add("--story", default="", metavar="WORD", help="all about keys, jobs and runs that hold it")
    return parser


def _rules(names: str) -> list[Rule]:
    try:
        return [named(name) for name in names.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _mutants(worlds: int) -> int:
    missed = 0
    for rule in Rule:
        findings = attempt(rule, worlds if rule not in UNNOTICED else min(worlds, 30))
        noticed = ", ".join(f"{p} (seed {v[0][0]})" for p, v in findings.violations.items())
        missed += not noticed and rule not in UNNOTICED
        verdict = noticed or ("not noticed" + ", as expected" * (rule in UNNOTICED))
        say(f"{rule.number:5} {rule.name.lower():18} {rule.instead}: {verdict}\n")
    return int(missed > 0)


def _report(findings: Findings, seconds: float, brief: bool) -> None:
    for what, times in sorted(findings.seen.items()) if not brief else ():
        say(f"{times:9} {what}\n")
    say(f"{findings.worlds} worlds, {findings.steps} steps, {seconds:.0f} s\n")
    for promise, where in findings.violations.items():
        seeds = len({seed for seed, _ in where})
        say(f"VIOLATION {promise}: {len(where)} times in {seeds} worlds, first {where[:3]}\n")


if __name__ == "__main__":
    sys.exit(main())
