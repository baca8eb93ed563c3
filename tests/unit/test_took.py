"""How long a run took, and in which class that is."""

import pytest

from common.took import BOUNDS_MS, NEVER_BEGAN, classes, is_within, took_class, took_ms
from tests.contract.log_store_room import T, run


@pytest.mark.parametrize(
    ("end", "exit_code", "signal", "ms"),
    [(5, None, None, 5), (0, None, None, None), (0, 0, None, 0), (0, None, 9, 0), (-3, 0, None, 0)],
)
def test_that_a_command_began_is_told_by_its_end(
    end: int, exit_code: int | None, signal: int | None, ms: int | None
) -> None:
    assert took_ms(run("a", 0, end_time=T + end, exit_code=exit_code, signal=signal)) == ms


def test_a_class_begins_with_its_bound() -> None:
    assert took_class(None) == NEVER_BEGAN
    for number, bound in enumerate(BOUNDS_MS):
        assert (took_class(bound - 1), took_class(bound)) == (number, number + 1)


@pytest.mark.parametrize("least", [None, 0, 999, 1000, 4999, 86_400_000])
@pytest.mark.parametrize("most", [None, 0, 999, 1000, 59_999, 60_000, 10**12])
def test_durations_lie_in_their_classes(least: int | None, most: int | None) -> None:
    known = classes(least, most)
    for ms in (0, *(bound + near for bound in BOUNDS_MS for near in (-1, 0, 1))):
        meant = (least is None or ms >= least) and (most is None or ms <= most)
        assert not meant or took_class(ms) in known
        assert meant or not is_within(took_class(ms), least, most)
