"""Where an executor keeps ends: how much of them, and what a full disk leaves of that."""

import errno
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.kept_ends import read_ends
from tests.unit.running import ended
from worker.end_words import NOT_KEPT, ONLY_ITS_END, WAITED
from worker.ends_file import ends_files, forget_ends, reserve_path
from worker.ends_full import Full
from worker.executor_spool import RETRY_SECONDS, Spool
from worker.kept_end import KeptEnd
from worker.orders import Ended, Ends
from worker.spooled import Range, ends_of, read_range


class SmallDisk:
    """A directory whose files may have so many bytes together."""

    def __init__(self, directory: Path, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = room
        self._directory = directory
        self._write, self._allocate = os.pwrite, os.posix_fallocate
        monkeypatch.setattr("os.pwrite", self.pwrite)
        monkeypatch.setattr("os.posix_fallocate", self.allocate)
        monkeypatch.setattr("os.statvfs", self.statvfs)

    @property
    def free(self) -> int:
        """How many bytes are left."""
        return self.room - sum(path.stat().st_size for path in self._directory.iterdir())

    def pwrite(self, file: int, data: bytes, at: int) -> int:
        """As the system's, as far as there is room."""
        self._need(file, at + len(data))
        return self._write(file, data, at)

    def allocate(self, file: int, at: int, size: int) -> None:
        """As the system's, as far as there is room."""
        self._need(file, at + size)
        self._allocate(file, at, size)

    def statvfs(self, _: Path) -> object:
        """What is said of the room."""
        return SimpleNamespace(f_blocks=self.room, f_bavail=max(0, self.free), f_frsize=1)

    def _need(self, file: int, end: int) -> None:
        if end - os.fstat(file).st_size > max(0, self.free):
            raise OSError(errno.ENOSPC, "No space left on device")


def end(run_id: str, size: int = 10, reason: str = "") -> KeptEnd:
    return KeptEnd.of("{}", replace(ended(run_id, output=b"x" * size), reason=reason))


def outputs(directory: Path) -> dict[str, int]:
    return {each.run_id: len(each.output) for each in read_ends(directory, 0)}


def one(directory: Path, run_id: str) -> Ended:
    (found,) = (each for each in read_ends(directory, 0) if each.run_id == run_id)
    return found


def ids(told: Sequence[Ends]) -> list[str]:
    return [over.run_id for ends in told for over in ends.over]


def test_what_is_told_of_an_end_says_where_it_lies(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 0)
    ((first,), _), ((second,), _) = spool.add([end("a@1"), end("b@1")]), spool.add([end("c@1")])
    assert first.end == second.begin
    assert [over.run_id for over in first.over] == ["a@1", "b@1"]
    (place,) = spool.places
    (found,) = ends_of(place.path)
    assert found == replace(first, end=place.end, over=first.over + second.over)


def test_what_the_disk_does_not_take_is_kept_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.executor_spool.RETRY_SECONDS", 0.0)
    home = tmp_path / "home"
    spool = Spool(home, 0)
    ends = [end("a@1"), end("b@1")]
    assert spool.add(ends) == ([], ends)
    assert (len(spool), spool.unsaved) == (2, ends)
    spool.acknowledge(["b@1"])
    assert spool.run_ids == {"a@1"}
    home.mkdir()
    assert spool.add([]) == ([], [])
    assert (len(spool), spool.unsaved, list(outputs(home))) == (1, [], ["a@1"])


def test_less_is_kept_of_outputs_as_the_space_fills_and_all_once_it_is_free_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = Spool(tmp_path, 0, share=1 << 20)
    told = [
        ends
        for n in range(250)
        for ends in spool.add([end(f"job@{n}", 50_000, "killed by a" if n == 200 else "")])[0]
    ]
    sizes = outputs(tmp_path)
    whole, tails, none = (list(sizes.values()).count(size) for size in (50_000, 4096, 0))
    assert list(sizes.values()) == [50_000] * whole + [4096] * tails + [0] * none
    assert (whole, whole + tails + none) == (10, 250)
    assert min(tails, none) > 50
    few = [one(tmp_path, f"job@{n}") for n in (0, whole, 200)]
    assert [each.truncated for each in few] == [False, True, True]
    assert [each.reason for each in few] == ["", ONLY_ITS_END, f"killed by a; {NOT_KEPT}"]
    assert [told[n].over[0].reason for n in (0, whole, 200)] == [each.reason for each in few]
    assert spool.cut == told[-1].cut == tails + none
    assert [told[n].cut for n in (0, whole)] == [0, 1]
    spool.acknowledge(ids(told))
    spool.add([end("late@1", 50_000)])
    assert one(tmp_path, "late@1").output == b"x" * 50_000
    said = [record.getMessage() for record in caplog.records]
    assert [each.partition(" now")[0] for each in said] == [
        "the spool keeps only the end of outputs",
        "the spool keeps nothing of outputs",
        "the spool keeps all of outputs again",
    ]


def test_an_end_without_output_is_kept_as_it_is_however_full_the_space_is(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 0, share=1 << 20)
    names = [f"job@{n}" for n in range(4000)]
    told = [
        spool.add([end(name, 0) for name in names[n : n + 250]])[0] for n in range(0, 4000, 250)
    ]
    assert [run_id for each in told for run_id in ids(each)] == names
    assert spool.cut == 0
    last = one(tmp_path, "job@3999")
    assert (last.reason, last.truncated) == ("", False)


def test_a_small_disk_takes_ends_in_smaller_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SmallDisk(tmp_path, 1 << 20, monkeypatch)
    for number in range(2):
        spool = Spool(tmp_path, number)
        spool.prepare()
        told, left = spool.add([end("a@1", 100_000)])
        assert (ids(told), left, spool.cut) == (["a@1"], [], 0)
        assert [path.stat().st_size >> 10 for path in ends_files(tmp_path, number)] == [256]
        assert reserve_path(tmp_path, number).stat().st_size == 64 << 10


def test_a_full_disk_takes_ends_without_output_and_after_that_its_reserve_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.executor_spool.RETRY_SECONDS", 0.0)
    disk = SmallDisk(tmp_path, 400 << 10, monkeypatch)
    spool = Spool(tmp_path, 0)
    spool.prepare()
    told: list[Ends] = []
    left: list[KeptEnd] = []
    names = [f"job@{n}" for n in range(240)]
    for n in range(0, len(names), 6):
        now, unsaved = spool.add([end(name, 20_000) for name in names[n : n + 6]])
        told += now
        left += unsaved
    sizes = outputs(tmp_path)
    assert ids(told) + [each.run_id for each in left] == names
    assert list(sizes) == ids(told)
    whole = list(sizes.values()).count(20_000)
    assert list(sizes.values()) == [20_000] * whole + [0] * (len(sizes) - whole)
    assert whole > 4
    assert len(sizes) - whole > 40
    assert spool.cut == len(sizes) - whole
    assert not reserve_path(tmp_path, 0).exists()
    assert {len(each.kept) > 20_000 for each in left} == {True}
    disk.room = 8 << 20
    assert spool.add([]) == ([], [])
    assert spool.unsaved == []
    assert list(outputs(tmp_path)) == names
    assert reserve_path(tmp_path, 0).exists()


def test_a_disk_is_tried_again_also_where_ends_come_and_are_recorded_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 1000.0
    clock = SimpleNamespace(monotonic=lambda: now)
    monkeypatch.setattr("worker.executor_spool.time", clock)
    SmallDisk(tmp_path, 1 << 20, monkeypatch)
    (tmp_path / "of somebody else").write_bytes(bytes(1 << 20))
    spool = Spool(tmp_path, 0)
    written = []
    for number in range(60):
        if number == 41:
            (tmp_path / "of somebody else").unlink()
        told, _ = spool.add([end(f"job@{number}")])
        spool.acknowledge([f"job@{number}"])
        written += ids(told)
        now += 1.0
    most = 40 + int(RETRY_SECONDS)
    assert written == [f"job@{number}" for number in range(most, 60)]
    said = [each for record in caplog.records if "written" in (each := record.getMessage())]
    assert said == [said[0], "ends are written again, 0 of them late"]


def test_nothing_more_is_to_be_run_once_much_is_in_memory_alone_until_the_disk_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("worker.executor_spool.RETRY_SECONDS", 0.0)
    home = tmp_path / "home"
    spool = Spool(home, 3, share=1 << 20)
    names = [f"job@{n}" for n in range(2000)]
    for name in names:
        spool.add([end(name, 0)])
        if spool.full.why:
            break
    held = len(spool)
    assert 500 < held < 1000
    assert spool.full == Full(3, "No such file or directory")
    spool.add([end("late@1", 0)])
    assert spool.run_ids >= {"late@1", "job@0"}
    home.mkdir()
    spool.add([])
    assert (spool.unsaved, spool.full) == ([], Full(3))
    kept = [each.run_id for each in read_ends(home, 3)]
    assert kept == [*names[:held], "late@1"]
    said = [record.getMessage() for record in caplog.records]
    assert said[1:] == [
        f"no run is taken: {held} ends are in memory alone",
        f"ends are written again, {held + 1} of them late",
        "ends can be kept again, and runs are taken",
    ]


def test_outputs_that_wait_for_long_go_and_what_was_told_of_their_places_stays_true(
    tmp_path: Path,
) -> None:
    home = tmp_path / "life"
    home.mkdir()
    spool = Spool(home, 0, output_seconds=0.0)
    (ends,), _ = spool.add([end("a@1", 300_000), end("b@1"), end("c@1", 500_000, "killed by a")])
    (path,) = ends_files(home, 0)
    before = path.stat().st_blocks
    spool.add([])
    assert path.stat().st_blocks * 512 < 64 << 10 < before * 512
    assert spool.cut == 2
    where = Range("life", 0, ends.part, ends.turn, ends.begin, ends.end)
    found = list(read_range(tmp_path, where))
    assert [each.begin for each in found] == [over.offset for over in ends.over]
    assert [len(each.output) for each in found] == [0, 10, 0]
    assert [each.told["reason"] for each in found] == [WAITED, "", f"killed by a; {WAITED}"]
    assert one(home, "c@1").truncated
    later, _ = spool.add([end("d@1", 300_000)])
    spool.acknowledge(["a@1", "b@1", "c@1"])
    assert ids(later) == list(outputs(home)) == ["d@1"]


def test_nothing_is_left_of_an_executor_of_which_all_is_forgotten(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 0)
    spool.prepare()
    spool.add([end("a@1")])
    (tmp_path / "executor-0.00000007.thin").touch()
    forget_ends(tmp_path, 0)
    assert list(tmp_path.iterdir()) == []
