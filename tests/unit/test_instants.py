"""How instants are told."""

import pytest

from common.instants import instant

TOLD = [
    (1_795_387_920_123, "Europe/Berlin", "2026-11-22 23:52:00 +01:00 Europe/Berlin"),
    (1_795_387_920_123, "UTC", "2026-11-22 22:52:00 UTC"),
    (5000, "Africa/Monrovia", "1969-12-31 23:15:35 -00:44:30 Africa/Monrovia"),
    (-5_000_000_000_000, "Europe/Berlin", "1811-07-23 16:00:08 +00:53:28 Europe/Berlin"),
    (None, "UTC", "-"),
    (1 << 60, "UTC", f"{1 << 60} ms"),
]


@pytest.mark.parametrize(("ms", "zone", "told"), TOLD)
def test_an_instant_is_told_with_the_whole_offset_of_its_zone(
    ms: int | None, zone: str, told: str
) -> None:
    assert instant(ms, zone) == told
