"""What MongoDB says of its clock, as epoch milliseconds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from common.mongo_clock import epoch_ms


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (datetime(2027, 1, 15, 8, 0, 0, 250_000), 1_800_000_000_250),
        (datetime(2027, 1, 15, 8, tzinfo=UTC), 1_800_000_000_000),
        (datetime(2027, 1, 15, 9, tzinfo=timezone(timedelta(hours=1))), 1_800_000_000_000),
        (None, None),
        ("2027", None),
        (1_800_000_000_000, None),
    ],
)
def test_an_instant_is_read_as_utc_and_anything_else_is_no_clock(
    told: object, expected: int | None
) -> None:
    assert epoch_ms(told) == expected
