"""Files of ends whose last write was cut off: what was whole is read, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.running import ended
from worker.ends_file import end_of, ends_files, frames
from worker.ends_log import EndsLog
from worker.kept_end import KeptEnd

SMALL = 1 << 18
BEFORE, LAST = "before@1", "last@1"
Left = Callable[[bytes, bytes, int, int], bytes]
"""What is left of a file where a write was cut off, of what was there before and should be now."""


def end(run_id: str) -> KeptEnd:
    return KeptEnd.of("{}", ended(run_id, output=b"x" * 40))


def written_over(directory: Path) -> tuple[Path, bytes, bytes]:
    """A file that is in its second turn: it, what it was in its first, and what it is now."""
    log = EndsLog(directory, 0, SMALL)
    old = [f"old@{n}" for n in range(5)]
    log.add([end(run_id) for run_id in old])
    (path,) = ends_files(directory, 0)
    first = path.read_bytes()
    log.acknowledge(old)
    log.add([end(BEFORE)])
    log.add([end(LAST)])
    return path, first, path.read_bytes()


def read(path: Path) -> list[str]:
    return [end_of(frame.said).run_id for frame in frames(path)]


def cut(first: bytes, now: bytes, begin: int, at: int) -> bytes:
    """Nothing was written from there on; the file ends there."""
    return now[:at]


def zeros(first: bytes, now: bytes, begin: int, at: int) -> bytes:
    """What the file was made of lies behind."""
    return now[:at].ljust(len(now), b"\0")


def other_turn(first: bytes, now: bytes, begin: int, at: int) -> bytes:
    """What was written in the turn before lies behind."""
    return now[:at] + first[at:]


def tail_alone(first: bytes, now: bytes, begin: int, at: int) -> bytes:
    """The disk has written what lies behind, and nothing of the frame before that yet."""
    return now[:begin] + first[begin : at + 1] + now[at + 1 :]


@pytest.mark.parametrize("left", [cut, zeros, other_turn, tail_alone])
def test_wherever_a_write_is_cut_off_all_before_it_is_read_and_nothing_of_it(
    tmp_path: Path, left: Left
) -> None:
    path, first, now = written_over(tmp_path)
    _, last = frames(path)
    assert read(path) == [BEFORE, LAST]
    for at in range(last.begin, last.end):
        torn = left(first, now, last.begin, at)
        path.write_bytes(torn)
        whole = torn[: last.end] == now[: last.end]
        assert read(path) == ([BEFORE, LAST] if whole else [BEFORE]), at
