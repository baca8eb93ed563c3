"""What a change of the clock does: forward, backward, by an hour, by half of one, by a day."""

from datetime import datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from common.schedule import parse_schedule
from tests.cron_clock_changes import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.zone}: {case.about}")
def test_a_change_of_the_clock_moves_repeats_or_drops_nothing_else(case: Case) -> None:
    *times, last = case.due.split()
    wanted = [milliseconds(text) for text in times] + (
        [] if last == "never" else [milliseconds(last)]
    )
    schedule = parse_schedule(case.expr, case.zone)
    found = list(islice(schedule.between(wanted[0] - 1, 1 << 50), len(wanted) + (last == "never")))
    assert readable(found, case.zone) == readable(wanted, case.zone)
    for earlier, later in pairwise(wanted):
        assert schedule.last_before(later, wanted[0]) == earlier


def milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def readable(found: list[int], zone: str) -> list[str]:
    return [datetime.fromtimestamp(ms / 1000, ZoneInfo(zone)).isoformat() for ms in found]
