"""Names of time zones, and where the days of a zone begin and end."""

from zoneinfo import available_timezones

import pytest

from common.errors import InvalidField
from common.schedule import parse_schedule

REFUSED = [
    *("Mars/Base", "", " ", ".", "..", "../UTC", "Europe/../UTC", "Europe//Berlin", "/UTC"),
    *("/etc/localtime", "/usr/share/zoneinfo/UTC", "localtime", "posixrules", "posix/UTC"),
    *("right/UTC", "America", "America/Argentina", "zone.tab", "tzdata.zi", "leapseconds"),
    *(
        "Europe/Berlin\0",
        "Europe/Berlin ",
        "europe\\berlin",
        "Zürich",
        "+01:00",
        "UTC+1",
        "A" * 9999,
    ),
]


@pytest.mark.parametrize("zone", REFUSED)
def test_a_zone_that_is_not_in_the_iana_database_is_refused(zone: str) -> None:
    with pytest.raises(InvalidField) as refused:
        parse_schedule("* * * * *", zone)
    assert str(refused.value) == f"timezone: {zone!a} is not a known IANA time zone"


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("UTC", 0),
        ("Etc/UTC", 0),
        ("Etc/GMT+5", 5),
        ("EST5EDT", 5),
        ("Europe/Berlin", -1),
        ("America/Argentina/Buenos_Aires", 3),
        ("America/Port-au-Prince", 5),
        ("Asia/Kolkata", -5.5),
        ("Asia/Kathmandu", -5.75),
        ("Pacific/Kiritimati", -14),
        ("Etc/GMT+12", 12),
    ],
)
def test_midnight_is_the_zones_own(zone: str, hour: float) -> None:
    new_year_2024 = 1704067200
    due = parse_schedule("0 0 1 1 * 2024", zone).next_after(0)
    assert due == (new_year_2024 + int(hour * 3600)) * 1000


def test_every_zone_that_is_installed_can_be_read() -> None:
    for zone in available_timezones() - {"Factory", "localtime"}:
        assert parse_schedule("0 12 * * *", zone).next_after(1704067200000) is not None
