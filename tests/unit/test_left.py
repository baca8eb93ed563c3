"""Left: which keys of ours may go, since their records are stored or lie where they are safe."""

from common import keys
from worker.left import Left

A, B, C = (keys.run("a", keys.run_id("a", n)) for n in (1, 2, 3))
RUN_A = keys.run_id("a", 1)


def test_a_key_goes_once_its_record_is_stored() -> None:
    left = Left()
    assert not left.stands(A, 7)
    assert left.recorded([A, B]) == [(A, 7)]
    assert (A in left, left.standing) == (False, 0)


def test_a_record_that_is_stored_before_its_end_is_written_counts() -> None:
    left = Left()
    left.waits(A)
    assert left.recorded([A]) == []
    assert left.is_recorded(A)
    assert left.stands(A, 7)


def test_a_key_that_is_not_seen_yet_goes_when_it_is_if_its_record_is_stored_by_then() -> None:
    left = Left()
    left.expect([RUN_A])
    assert left.recorded([A]) == []
    assert left.seen(RUN_A, A, 7) is True
    assert (A in left, list(left.awaited)) == (False, [])


def test_a_key_that_was_seen_first_goes_when_its_record_is_stored() -> None:
    left = Left()
    left.expect([RUN_A])
    assert left.seen(RUN_A, A, 7) is False
    assert left.recorded([A]) == [(A, 7)]


def test_a_key_of_a_run_that_nobody_told_of_is_not_awaited() -> None:
    left = Left()
    left.expect([RUN_A])
    assert left.seen(keys.run_id("a", 2), B, 7) is None
    left.await_no_more([RUN_A])
    assert left.seen(RUN_A, A, 7) is None


def test_a_run_that_was_lost_waits_for_its_mark_as_well() -> None:
    left = Left()
    left.expect([RUN_A])
    assert left.recorded([A]) == []
    assert left.seen(RUN_A, A, 7, 2) is False
    assert left.recorded([A]) == [(A, 7)]


def test_only_keys_of_what_the_spool_has_are_spared_the_oldest_first() -> None:
    left = Left()
    for number, run_key in enumerate((A, B, C)):
        left.stands(run_key, number, durable=run_key != B)
    assert (left.standing, left.durable) == (3, 2)
    assert left.spare(1) == [(A, 0)]
    assert left.spare(5) == [(C, 2)]
    assert (left.standing, left.durable) == (1, 0)
    assert left.recorded([A, B, C]) == [(B, 1)]
