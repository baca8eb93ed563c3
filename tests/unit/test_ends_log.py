"""The ends that an executor keeps on disk: what is read again, and when files go."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.running import ended
from worker.ends_file import ends_files, forget_ends, kept, read_ends
from worker.ends_log import PART_BYTES, EndsLog
from worker.executor_spool import Spool
from worker.kept_end import KeptEnd
from worker.orders_wire import encode
from worker.spooled import ends_of


def said(run_id: str, size: int = 10, context: str = "{}") -> bytes:
    return kept(context, encode(ended(run_id, output=b"x" * size)))


def end(run_id: str, size: int = 10) -> KeptEnd:
    return KeptEnd.of("{}", ended(run_id, output=b"x" * size))


def refuse(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def read(directory: Path) -> list[str]:
    return [end.run_id for end in read_ends(directory, 0)]


def test_what_was_added_is_read_again_with_its_context(tmp_path: Path) -> None:
    log = EndsLog(tmp_path, 0)
    log.add(["a@1", "b@1"], [said("a@1", 100_000, '{"of": "\u5099\ud800"}'), said("b@1")])
    log.add(["c@1"], [said("c@1")])
    first, *_ = read_ends(tmp_path, 0)
    assert first == replace(ended("a@1", output=b"x" * 100_000), context='{"of": "\u5099\ud800"}')
    assert read(tmp_path) == ["a@1", "b@1", "c@1"]
    assert (len(log), log.unacknowledged) == (3, {"a@1", "b@1", "c@1"})
    assert read_ends(tmp_path, 1) is not None
    assert list(read_ends(tmp_path, 1)) == []


@pytest.mark.parametrize("lost", [1, 9, 60, 200])
def test_a_torn_end_is_ignored_and_those_before_it_are_not(tmp_path: Path, lost: int) -> None:
    log = EndsLog(tmp_path, 0)
    log.add(["a@1"], [said("a@1")])
    log.add(["b@1"], [said("b@1")])
    (path,) = ends_files(tmp_path, 0)
    whole = path.read_bytes()
    path.write_bytes(whole[: log.size - lost] + bytes(lost))
    assert read(tmp_path) == ["a@1"]
    path.write_bytes(whole[: log.size - lost])
    assert read(tmp_path) == ["a@1"]


def test_what_is_written_over_is_not_read_again(tmp_path: Path) -> None:
    log = EndsLog(tmp_path, 0)
    names = [f"job@{n}" for n in range(1, 6)]
    log.add(names, [said(name) for name in names])
    log.acknowledge(names)
    assert (len(log), read(tmp_path)) == (0, [])
    log.add(["job@7"], [said("job@7")])
    assert read(tmp_path) == ["job@7"]


def test_a_file_that_cannot_be_written_over_is_left_and_another_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EndsLog(tmp_path, 0)
    log.add(["a@1"], [said("a@1")])
    with monkeypatch.context() as broken:
        broken.setattr("os.pwrite", refuse)
        log.acknowledge(["a@1"])
    log.add(["b@1"], [said("b@1")])
    assert (log.unacknowledged, read(tmp_path)[-1:]) == ({"b@1"}, ["b@1"])


def test_a_file_goes_when_all_in_it_are_acknowledged(tmp_path: Path) -> None:
    log = EndsLog(tmp_path, 0)
    for n in range(6):
        log.add([f"job@{n}"], [said(f"job@{n}", PART_BYTES // 2)])
    assert len(ends_files(tmp_path, 0)) == 3
    log.acknowledge(["job@0", "job@2", "job@3", "job@5"])
    assert len(ends_files(tmp_path, 0)) == 2
    assert {"job@1", "job@4"} <= set(read(tmp_path))
    forget_ends(tmp_path, 0)
    assert ends_files(tmp_path, 0) == []


def test_another_executor_of_the_same_number_writes_beside_what_was_left(tmp_path: Path) -> None:
    EndsLog(tmp_path, 0).add(["a@1"], [said("a@1")])
    EndsLog(tmp_path, 0).add(["b@1"], [said("b@1")])
    assert read(tmp_path) == ["a@1", "b@1"]


def test_what_the_disk_does_not_take_is_kept_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.executor_spool.RETRY_SECONDS", 0.0)
    home = tmp_path / "home"
    spool = Spool(home, 0)
    assert spool.add([end("a@1"), end("b@1")]) is None
    assert (len(spool), len(spool.unsaved), spool.failures) == (2, 2, 1)
    spool.acknowledge(["b@1"])
    assert spool.run_ids == {"a@1"}
    home.mkdir()
    assert spool.add([]) is None
    assert (len(spool), list(spool.unsaved), read(home)) == (1, [], ["a@1"])


def test_less_is_kept_of_each_end_while_there_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.executor_spool.MOST_BYTES", 1000)
    spool = Spool(tmp_path, 0)
    spool.add([end("a@1", 2000)])
    assert spool.is_full
    spool.acknowledge(["a@1"])
    assert not spool.is_full


def test_what_is_told_of_an_end_says_where_it_lies(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "home", 0)
    (tmp_path / "home").mkdir()
    first, second = spool.add([end("a@1"), end("b@1")]), spool.add([end("c@1")])
    assert first
    assert second
    assert first.end == second.begin
    assert [over.run_id for over in first.over] == ["a@1", "b@1"]
    (place,) = spool.places
    (found,) = ends_of(place.path)
    assert found == replace(first, end=place.end, over=first.over + second.over)
