"""Slots: everybody ranks alike, loads are even, and a change moves little."""

import random
import zlib
from collections import Counter

import pytest

from worker.members import Member, read_member
from worker.placement import Placement
from worker.slots import RANKS, Ranking
from worker.weights import SLOTS, Weights, slot_of, weights

JOBS = [slot_of(f"job-{n}") for n in range(20_000)]


def ranking(*names: str) -> Ranking:
    """A ranking of these workers."""
    made = Ranking(Weights())
    made.become(names)
    return made


def table(made: Ranking) -> list[tuple[int | None, ...]]:
    """The ranks of all workers in some slots."""
    names = sorted(made.workers)
    return [tuple(made.rank(slot, name) for name in names) for slot in range(0, SLOTS, 37)]


def test_the_order_in_which_workers_came_and_went_does_not_matter() -> None:
    names = [f"10.0.0.{n}" for n in range(12)]
    straight = ranking(*names)
    wound = Ranking(Weights())
    chance = random.Random(3)
    for _ in range(30):
        wound.become(chance.sample([*names, "gone-1", "gone-2"], chance.randint(0, 9)))
    wound.become(names)
    assert table(wound) == table(straight)


def test_the_first_three_are_the_three_heaviest() -> None:
    names = [f"w{n}" for n in range(7)]
    made, columns = ranking(*names), {name: weights(name) for name in names}
    for slot in range(0, SLOTS, 101):
        heaviest = sorted(names, key=lambda name: -columns[name][slot])
        assert [made.rank(slot, name) for name in heaviest] == [0, 1, 2, None, None, None, None]
        assert made.first(slot) == heaviest[0]


def test_with_fewer_than_three_workers_all_are_ranked_and_with_none_nobody() -> None:
    made = ranking("a", "b")
    assert {made.rank(slot, "a") for slot in range(200)} == {0, 1}
    made.become([])
    assert made.first(0) is None
    assert made.rank(0, "a") is None


@pytest.mark.parametrize(("count", "most"), [(3, 1.15), (20, 1.15), (200, 1.6)])
def test_no_worker_has_much_more_than_its_share(count: int, most: float) -> None:
    made = ranking(*(f"10.0.0.{n}" for n in range(count)))
    shares = Counter(made.first(slot) for slot in JOBS)
    assert max(shares.values()) * count / len(JOBS) < most


def test_a_worker_that_comes_or_goes_moves_only_its_own_jobs() -> None:
    made = ranking(*(f"10.0.0.{n}" for n in range(20)))
    before = [made.first(slot) for slot in JOBS]
    changed = made.become([*made.workers, "new"])
    after = [made.first(slot) for slot in JOBS]
    moved = [new for old, new in zip(before, after, strict=True) if old != new]
    assert set(moved) == {"new"}
    assert len(moved) / len(JOBS) < 1.2 / 20
    assert changed == {slot for slot in range(SLOTS) if made.rank(slot, "new") is not None}
    assert made.become(made.workers - {"new"}) == changed
    assert [made.first(slot) for slot in JOBS] == before


def test_a_slot_is_the_same_everywhere_and_for_any_name() -> None:
    assert slot_of("backup") == zlib.crc32(b"backup") % 16_384
    assert 0 <= slot_of("备份/每天") < SLOTS
    assert RANKS == 3


def members(*given: Member) -> Placement:
    """A placement of "me" that has seen these."""
    made = Placement("me")
    made.seen(given)
    return made


def test_a_draining_worker_comes_first_for_nothing_and_a_full_one_only_when_all_are() -> None:
    names = [f"job-{n}" for n in range(50)]
    for other in (Member("other", draining=True), Member("other", room=False)):
        assert {members(Member("me"), other).rank(name) for name in names} == {0}
    both = members(Member("me", room=False), Member("other", room=False))
    assert {both.rank(name) for name in names} == {0, 1}


def test_a_registration_says_what_matters_and_a_foreign_one_is_none() -> None:
    assert read_member("a", b"") is None
    assert read_member("a", b"{}") == Member("a")
    told = b'{"draining": true, "drained": "drained by ann"}'
    assert read_member("a", told) == Member("a", draining=True, drained="drained by ann")
    value = b'{"room": false, "draining": true, "labels": {}}'
    assert read_member("a", value) == Member("a", room=False, draining=True)
