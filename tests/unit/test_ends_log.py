"""The ends that an executor keeps on disk: what is read again, and when files go."""

import errno
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kept_ends import read_ends
from tests.unit.running import ended
from worker.ends_file import FILE_HEAD, ends_files, forget_ends, framed_size
from worker.ends_log import EndsLog
from worker.ends_sizes import PART_BYTES
from worker.kept_end import KeptEnd


def end(run_id: str, size: int = 10, context: str = "{}") -> KeptEnd:
    return KeptEnd.of(context, ended(run_id, output=b"x" * size))


def refuse(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def read(directory: Path) -> list[str]:
    return [end.run_id for end in read_ends(directory, 0)]


def test_what_was_added_is_read_again_with_its_context(tmp_path: Path) -> None:
    log = EndsLog(tmp_path, 0)
    log.add([end("a@1", 100_000, '{"of": "\u5099\ud800"}'), end("b@1")])
    log.add([end("c@1")])
    first, *_ = read_ends(tmp_path, 0)
    assert first == replace(ended("a@1", output=b"x" * 100_000), context='{"of": "\u5099\ud800"}')
    assert read(tmp_path) == ["a@1", "b@1", "c@1"]
    assert (len(log), log.unacknowledged) == (3, {"a@1", "b@1", "c@1"})
    assert read_ends(tmp_path, 1) is not None
    assert list(read_ends(tmp_path, 1)) == []


def test_what_is_written_over_is_not_read_again(tmp_path: Path) -> None:
    log = EndsLog(tmp_path, 0)
    names = [f"job@{n}" for n in range(1, 6)]
    log.add([end(name) for name in names])
    log.acknowledge(names)
    assert (len(log), read(tmp_path)) == (0, [])
    log.add([end("job@7")])
    assert read(tmp_path) == ["job@7"]


def test_a_file_that_cannot_be_written_over_is_left_and_another_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EndsLog(tmp_path, 0)
    log.add([end("a@1")])
    with monkeypatch.context() as broken:
        broken.setattr("os.pwrite", refuse)
        log.acknowledge(["a@1"])
    log.add([end("b@1")])
    assert (log.unacknowledged, read(tmp_path)[-1:]) == ({"b@1"}, ["b@1"])


def test_a_file_goes_when_all_in_it_are_acknowledged(tmp_path: Path) -> None:
    log = EndsLog(tmp_path, 0)
    for n in range(9):
        log.add([end(f"job@{n}", PART_BYTES[0] * 3 // 10)])
    assert len(ends_files(tmp_path, 0)) == 3
    log.acknowledge([f"job@{n}" for n in (0, 2, 3, 4, 5, 6, 7)])
    assert len(ends_files(tmp_path, 0)) == 2
    assert {"job@1", "job@8"} <= set(read(tmp_path))
    forget_ends(tmp_path, 0)
    assert ends_files(tmp_path, 0) == []


def test_another_executor_of_the_same_number_writes_beside_what_was_left(tmp_path: Path) -> None:
    EndsLog(tmp_path, 0).add([end("a@1")])
    EndsLog(tmp_path, 0).add([end("b@1")])
    assert read(tmp_path) == ["a@1", "b@1"]


def test_many_ends_that_do_not_fit_into_a_file_lie_in_several(tmp_path: Path) -> None:
    log = EndsLog(tmp_path, 0)
    ends = [end(f"job@{n}", 200_000) for n in range(5)]
    log.add([end("first@1", 300_000)])
    first = log.add(ends)
    second = log.add(ends[len(first.offsets) :])
    assert (len(first.offsets), len(second.offsets)) == (3, 2)
    assert (first.part, second.part) == (0, 1)
    assert read(tmp_path) == ["first@1", *(each.run_id for each in ends)]


@pytest.mark.parametrize("sizes", [[3 << 20], [700_000, 700_000]], ids=["one", "two"])
def test_what_is_longer_than_a_file_has_one_of_its_own(tmp_path: Path, sizes: list[int]) -> None:
    log = EndsLog(tmp_path, 0)
    ends = [end(f"job@{n}", size) for n, size in enumerate(sizes)]
    assert len(log.add(ends).offsets) == len(ends)
    log.add([end("next@1")])
    assert [path.stat().st_size for path in ends_files(tmp_path, 0)] == [
        FILE_HEAD.size + sum(framed_size(each.kept) for each in ends),
        PART_BYTES[0],
    ]
    log.acknowledge([each.run_id for each in ends])
    assert read(tmp_path) == ["next@1"]


def test_files_are_fitted_to_what_they_are_to_use_at_most(tmp_path: Path) -> None:
    for share, size in ((4 << 20, 1 << 20), (1 << 20, 256 << 10), (128 << 10, 64 << 10)):
        home = tmp_path / str(share)
        home.mkdir()
        EndsLog(home, 0, share).add([end("a@1")])
        assert [path.stat().st_size for path in ends_files(home, 0)] == [size]


def test_a_write_that_fails_leaves_no_file_behind_that_nobody_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EndsLog(tmp_path, 0)
    with monkeypatch.context() as broken:
        broken.setattr("os.fdatasync", refuse)
        with pytest.raises(OSError, match="No space"):
            log.add([end("a@1")])
    assert (ends_files(tmp_path, 0), log.size, log.places) == ([], 0, [])
    log.add([end("a@1")])
    assert read(tmp_path) == ["a@1"]


def test_a_run_that_ends_once_more_is_kept_until_that_is_acknowledged(tmp_path: Path) -> None:
    log = EndsLog(tmp_path, 0)
    log.add([end("a@1")])
    log.add([end("a@1", 20)])
    assert (len(log), read(tmp_path)) == (1, ["a@1", "a@1"])
    log.acknowledge(["a@1"])
    assert (len(log), log.size, read(tmp_path)) == (0, FILE_HEAD.size, [])


@pytest.mark.parametrize("whole", [False, True], ids=["file", "directory"])
def test_ends_go_elsewhere_when_their_file_is_removed_or_nowhere_when_its_directory_is(
    tmp_path: Path, whole: bool
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    log = EndsLog(home, 0)
    log.add([end("a@1")])
    shutil.rmtree(home)
    if not whole:
        home.mkdir()
        log.add([end("b@1")])
        assert read(home) == ["b@1"]
    else:
        with pytest.raises(FileNotFoundError):
            log.add([end("b@1")])
