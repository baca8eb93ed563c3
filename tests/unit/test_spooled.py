"""The spool as its readers see it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from common.record import KILLED, LOST, NOT_STARTED
from tests.unit.running import ended, unstarted
from worker.ends_file import FILE_HEAD, ends_files, framed, kept
from worker.ends_left import ends_left
from worker.ends_log import EndsLog
from worker.kept_end import KeptEnd
from worker.orders import MAIN_GONE, MOST_OVER, Ended, Ends, Over
from worker.spooled import Range, ends_of, over_of, read_one, read_range


def end(run_id: str) -> KeptEnd:
    return KeptEnd.of('{"of": "\u5099\ud800"}', ended(run_id, output=b"x" * 10))


def spool(directory: Path, *run_ids: str) -> EndsLog:
    directory.mkdir(exist_ok=True)
    log = EndsLog(directory, 2)
    for run_id in run_ids:
        log.add([end(run_id)])
    return log


def all_of(ends: Ends) -> Range:
    return Range("life", 2, ends.part, ends.turn, ends.begin, ends.end)


def test_what_is_told_of_a_spool_is_found_where_it_was_told_to_be(tmp_path: Path) -> None:
    spool(tmp_path / "life", "a@1", "b@1", "c@1")
    (ends,) = ends_left(tmp_path / "life", 2)[0]
    assert [over.run_id for over in ends.over] == ["a@1", "b@1", "c@1"]
    read = list(read_range(tmp_path, all_of(ends)))
    assert tuple(map(over_of, read)) == ends.over
    assert {(each.context, each.output) for each in read} == {('{"of": "\u5099\ud800"}', b"x" * 10)}
    assert (read[0].begin, read[-1].end) == (ends.begin, ends.end)
    assert read_one(tmp_path, all_of(ends), ends.over[1].offset) == read[1]


def test_an_end_in_short_says_what_the_whole_says(tmp_path: Path) -> None:
    spool(tmp_path / "life", "a@1")
    ((over,),) = (ends.over for ends in ends_left(tmp_path / "life", 2)[0])
    whole = ended("a@1")
    assert over == Over._make(
        [getattr(whole, name) for name in Over._fields[:-1]] + [FILE_HEAD.size]
    )


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (MAIN_GONE, (NOT_STARTED, f"not started: {MAIN_GONE}")),
        ("enough", (NOT_STARTED, "not started: enough")),
    ],
)
def test_an_end_of_an_older_executor_says_that_what_was_killed_first_never_started(
    tmp_path: Path, reason: str, said: tuple[str, str]
) -> None:
    _left(tmp_path, replace(unstarted("a@1", KILLED), reason=reason))
    ((over,),) = (ends.over for ends in ends_left(tmp_path, 2)[0])
    assert (over.outcome, over.err) == said


def test_an_end_of_an_older_executor_whose_worker_was_gone_is_lost(tmp_path: Path) -> None:
    _left(tmp_path, replace(ended("a@1", KILLED), reason=MAIN_GONE))
    ((over,),) = (ends.over for ends in ends_left(tmp_path, 2)[0])
    assert over.outcome == LOST
    (whole,) = read_range(tmp_path.parent, Range(tmp_path.name, 2, 0, 0, over.offset, 1 << 20))
    assert over_of(whole) == over


def _left(directory: Path, end: Ended) -> None:
    """An end as an executor of the version before this wrote it."""
    EndsLog(directory, 2).add([KeptEnd.of("", end)])


def test_runs_that_are_not_wanted_lie_in_no_range(tmp_path: Path) -> None:
    spool(tmp_path / "life", "a@1", "b@1", "no@1", "c@1", "no@2")
    (path,) = ends_files(tmp_path / "life", 2)
    found = list(ends_of(path, wanted=lambda run_id: not run_id.startswith("no")))
    assert [[over.run_id for over in ends.over] for ends in found] == [["a@1", "b@1"], ["c@1"]]
    read = [over_of(each) for ends in found for each in read_range(tmp_path, all_of(ends))]
    assert read == [over for ends in found for over in ends.over]


def test_many_are_told_in_several_pieces(tmp_path: Path) -> None:
    names = [f"job@{n}" for n in range(MOST_OVER + 1)]
    spool(tmp_path / "life").add([end(name) for name in names])
    assert [len(ends.over) for ends in ends_left(tmp_path / "life", 2)[0]] == [MOST_OVER, 1]


def test_a_range_of_another_turn_is_empty(tmp_path: Path) -> None:
    log = spool(tmp_path / "life", "a@1")
    (ends,) = ends_left(tmp_path / "life", 2)[0]
    log.acknowledge(["a@1"])
    log.add([end("b@1")])
    assert list(read_range(tmp_path, all_of(ends))) == []
    assert read_one(tmp_path, all_of(ends), ends.begin) is None


@pytest.mark.parametrize("length", [0, 5, 1 << 31])
def test_a_range_ends_where_its_file_is_damaged(tmp_path: Path, length: int) -> None:
    spool(tmp_path / "life", "a@1", "b@1")
    (ends,) = ends_left(tmp_path / "life", 2)[0]
    (path,) = ends_files(tmp_path / "life", 2)
    with path.open("r+b") as file:
        os.pwrite(file.fileno(), length.to_bytes(4, "big"), ends.over[1].offset)
    (read,) = read_range(tmp_path, all_of(ends))
    assert (read.told["run_id"], read.end < ends.end) == ("a@1", True)


def test_a_range_of_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_range(tmp_path, Range("life", 2, 0, 0, 8, 9)))


@pytest.mark.parametrize(
    "told", [b"", b"\0\0\0\x09{}", b"\0\0\0\x02[]", b"\0\0\0\x0b" + b'["Ack", {}]']
)
def test_a_frame_that_is_whole_and_no_end_is_a_value_error(tmp_path: Path, told: bytes) -> None:
    log = spool(tmp_path / "life", "a@1")
    (path,) = ends_files(tmp_path / "life", 2)
    frame = framed(kept("{}", told), 0)
    with path.open("r+b") as file:
        os.pwrite(file.fileno(), frame, log.size)
    where = Range("life", 2, 0, 0, log.size, log.size + len(frame))
    with pytest.raises(ValueError, match="cannot be read"):
        list(read_range(tmp_path, where))


def test_ends_that_lie_behind_damage_are_told_to_be_there(tmp_path: Path) -> None:
    spool(tmp_path / "life", "a@1", "b@1", "c@1")
    (ends,) = ends_left(tmp_path / "life", 2)[0]
    (path,) = ends_files(tmp_path / "life", 2)
    with path.open("r+b") as file:
        file.seek(ends.over[1].offset + 30)
        file.write(b"?")
    (left,), why = ends_left(tmp_path / "life", 2)
    assert [over.run_id for over in left.over] == ["a@1"]
    assert f"{path.name} is damaged at byte {ends.over[1].offset}, and ends lie behind that" in why


def test_a_torn_last_end_and_those_of_former_turns_are_no_damage(tmp_path: Path) -> None:
    log = spool(tmp_path / "life", "a@1", "b@1", "c@1")
    log.acknowledge(["a@1", "b@1", "c@1"])
    log.add([end("d@1")])
    (left,), why = ends_left(tmp_path / "life", 2)
    assert ([over.run_id for over in left.over], left.turn, why) == (["d@1"], 1, "")
    (path,) = ends_files(tmp_path / "life", 2)
    with path.open("r+b") as file:
        file.seek(left.end - 5)
        file.write(b"?????")
    assert ends_left(tmp_path / "life", 2) == ([], "")
