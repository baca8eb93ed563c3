"""The ends that an executor has in memory alone: how much of them, and when that is too much."""

from tests.unit.running import ended
from worker.kept_end import KeptEnd
from worker.unsaved_ends import END_BYTES, MOST_BYTES, Unsaved


def end(run_id: str, size: int = 0) -> KeptEnd:
    return KeptEnd.of("{}", ended(run_id, output=b"x" * size))


def test_outputs_are_kept_in_half_of_the_room_and_ends_without_them_in_the_rest() -> None:
    unsaved = Unsaved(1 << 30)
    ends = [end(f"job@{n}", 1 << 20) for n in range(20)]
    unsaved.hold(ends)
    assert [len(each.kept) > 1 << 20 for each in unsaved.ends] == [True] * 15 + [False] * 5
    assert not unsaved.is_full
    unsaved.drop(each.run_id for each in ends)
    unsaved.hold(ends[:1])
    assert unsaved.ends == ends[:1]


def test_its_room_is_no_more_than_the_share_of_the_disk() -> None:
    few, many = 100 * (END_BYTES + len(end("job@0").kept)), 2 * MOST_BYTES
    for share, most in ((few, 102), (many, MOST_BYTES // END_BYTES)):
        unsaved = Unsaved(share)
        while not unsaved.is_full:
            unsaved.hold([end(f"job@{len(unsaved)}")])
            assert len(unsaved) <= most


def test_it_is_full_until_half_of_its_room_is_free() -> None:
    unsaved = Unsaved(100 * (END_BYTES + len(end("job@10").kept)))
    names = [f"job@{n}" for n in range(10, 115)]
    unsaved.hold(map(end, names))
    assert (unsaved.is_full, len(unsaved)) == (True, 105)
    for left in range(104, 51, -1):
        unsaved.drop([names[left]])
        assert unsaved.is_full
    unsaved.drop(names[:5])
    assert not unsaved.is_full
    unsaved.hold(map(end, names[:5]))
    assert not unsaved.is_full


def test_an_end_that_is_told_anew_takes_the_place_of_the_first() -> None:
    unsaved = Unsaved(1 << 20)
    for size in (10, 20):
        unsaved.hold([end("a@1", size)])
    assert unsaved.ends == [end("a@1", 20)]
    assert unsaved.run_ids == {"a@1"}
