"""An end is safe once it is both recorded and written, and that is told once."""

import pytest

from worker.acks import Acks


@pytest.fixture
def told() -> list[tuple[str, ...]]:
    """What was said to be safe."""
    return []


@pytest.fixture
def acks(told: list[tuple[str, ...]]) -> Acks:
    """Some that know of no end."""
    return Acks(told.append)


def test_an_end_that_is_only_recorded_or_only_written_is_not_safe(
    acks: Acks, told: list[tuple[str, ...]]
) -> None:
    acks.expect(["a", "b"])
    acks.look(["a", "a"], ["b", "b"])
    assert told == []
    acks.look(["b"], ["a"])
    assert sorted(*told) == ["a", "b"]
    assert len(acks) == 0


def test_both_may_come_at_once_and_are_told_once(acks: Acks, told: list[tuple[str, ...]]) -> None:
    acks.expect(["a"])
    acks.look(["a"], ["a"])
    acks.look(["a"], ["a"])
    assert told == [("a",)]


def test_what_no_executor_told_is_not_remembered(acks: Acks, told: list[tuple[str, ...]]) -> None:
    acks.look(["a"], ["a"])
    assert (told, len(acks)) == ([], 0)


def test_an_end_that_is_asked_for_again_is_still_half_safe(
    acks: Acks, told: list[tuple[str, ...]]
) -> None:
    acks.expect(["a"])
    acks.look(["a"], [])
    acks.expect(["a"])
    acks.look([], ["a"])
    assert told == [("a",)]
