"""How long records and the audit are kept: the rules of retention, and which records they mean."""

from __future__ import annotations

from dataclasses import dataclass

from common.errors import ConfigError
from common.record import NOT_STARTED, OUTCOMES, RAN_ELSEWHERE, SKIPPED_OVERLAP, SUCCESS
from common.search import Search

LONGER = 4
"""So many times as long are failed records kept, where nothing else is said."""

PLAIN_OUTCOMES = (SUCCESS, SKIPPED_OVERLAP, RAN_ELSEWHERE, NOT_STARTED)
FAILED_OUTCOMES = tuple(outcome for outcome in OUTCOMES if outcome not in PLAIN_OUTCOMES)
PLAIN = (Search(outcomes=PLAIN_OUTCOMES), Search(outcomes=("",), with_err=False))
FAILED = (Search(outcomes=FAILED_OUTCOMES), Search(outcomes=("",), with_err=True))
"""The second of each are records of the Go worker, which say no outcome."""


@dataclass(frozen=True, slots=True)
class KeepRules:
    """What is kept; 0 is for ever, or any number.

    By age in days, by number of records of a job (the newest), and by size of all in bytes. What
    failed is kept longer. `audit_days` is for entries of the audit.
    """

    days: float = 0.0
    failed_days: float = 0.0
    runs: int = 0
    failed_runs: int = 0
    bytes: int = 0
    audit_days: float = 0.0

    def __str__(self) -> str:
        """For people."""
        said = [
            f"{self.days:g} days (failed ones {self.failed_days:g})" if self.days else "",
            f"the last {self.runs} of a job (failed ones {self.failed_runs})" if self.runs else "",
            f"{self.bytes} bytes of records" if self.bytes else "",
        ]
        records = ", ".join(filter(None, said)) or "for ever"
        audit = f"{self.audit_days:g} days" if self.audit_days else "for ever"
        return f"records are kept: {records}; the audit: {audit}"


def keep_rules(
    days: float,
    failed_days: float,
    runs: int,
    failed_runs: int,
    most_bytes: int,
    audit_days: float,
) -> KeepRules:
    """The rules that these settings make; ConfigError where failed records would be kept less."""
    _refuse_shorter("keep_failed_days", failed_days, "keep_days", days)
    _refuse_shorter("keep_failed_runs", failed_runs, "keep_runs", runs)
    return KeepRules(
        days,
        failed_days or LONGER * days,
        runs,
        failed_runs or LONGER * runs,
        most_bytes,
        audit_days,
    )


def _refuse_shorter(name: str, value: float, other: str, least: float) -> None:
    if not value:
        return
    if not least:
        raise ConfigError(f"{name} is set and {other} is not: the others are kept for ever")
    if value < least:
        raise ConfigError(f"{name}: {value:g} is less than {other} ({least:g})")
