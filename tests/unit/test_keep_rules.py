"""The rules by which records are kept."""

from __future__ import annotations

import pytest

from common.errors import ConfigError
from common.keep_rules import KeepRules, keep_rules


def test_failed_records_are_kept_four_times_as_long_where_nothing_else_is_said() -> None:
    rules = keep_rules(10, 0, 100, 0, 0, 0)
    assert (rules.failed_days, rules.failed_runs) == (40, 400)
    assert str(rules) == (
        "records are kept: 10 days (failed ones 40), the last 100 of a job (failed ones 400);"
        " the audit: for ever"
    )
    assert str(KeepRules()) == "records are kept: for ever; the audit: for ever"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((10, 5, 0, 0, 0, 0), r"keep_failed_days: 5 is less than keep_days \(10\)"),
        ((0, 5, 0, 0, 0, 0), "keep_failed_days is set and keep_days is not"),
        ((0, 0, 9, 8, 0, 0), r"keep_failed_runs: 8 is less than keep_runs \(9\)"),
        ((0, 0, 0, 8, 0, 0), "keep_failed_runs is set and keep_runs is not"),
    ],
)
def test_rules_that_keep_failed_records_less_are_refused(
    given: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        keep_rules(*given)
