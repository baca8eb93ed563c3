"""Fields of a query: whole numbers and instants."""

import pytest

from common.errors import InvalidField
from master.inputs import instant, required, whole

NOON = 1_700_049_600_000  # 2023-11-15 12:00:00 UTC


@pytest.mark.parametrize("fields", [{}, {"n": ""}])
def test_a_missing_number_is_its_default(fields: dict[str, str]) -> None:
    assert whole(fields, "n", 20, 1, 1000) == 20


@pytest.mark.parametrize("text", ["1", "007", "1000"])
def test_whole_numbers_are_read(text: str) -> None:
    assert whole({"n": text}, "n", 20, 1, 1000) == int(text)


@pytest.mark.parametrize(
    "text", ["0", "1001", "-1", "+5", "5.0", "1e2", " 5", "5 ", "٣", "0x5", "x", "9" * 5000]
)
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidField, match=r"n: .* is not a whole number from 1 to 1000"):
        whole({"n": text}, "n", 20, 1, 1000)


@pytest.mark.parametrize("fields", [{}, {"n": ""}, {"m": "x"}])
def test_a_required_field_must_be_there(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidField, match="n: is missing"):
        required(fields, "n")


@pytest.mark.parametrize(
    "text",
    [
        str(NOON),
        "2023-11-15T12:00:00Z",
        "2023-11-15T13:00:00+01:00",
        "2023-11-15 13:00",
        "2023-11-15T13:00:00.000",
    ],
)
def test_an_instant_is_read_in_the_zone_unless_it_says_its_offset(text: str) -> None:
    assert instant({"t": text}, "t", "Europe/Berlin", 0) == NOON


def test_a_date_without_hyphens_is_no_number_of_milliseconds() -> None:
    assert instant({"t": "20231115"}, "t", "UTC", 0) == NOON - 12 * 3_600_000
    assert instant({"t": "0"}, "t", "UTC", NOON) == 0


def test_an_instant_that_is_not_given_is_now() -> None:
    assert instant({}, "t", "UTC", NOON) == NOON


@pytest.mark.parametrize(
    "text",
    [
        "tomorrow",
        "2023-13-01",
        "-5",
        "2023-11-15T25:00",
        "1" * 16,
        "2023",
        str(NOON // 1000),
        "20231115105",
    ],
)
def test_a_bad_instant_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidField, match=r"t: .* is neither ISO 8601 nor milliseconds"):
        instant({"t": text}, "t", "UTC", NOON)
