"""An executor that is killed while it writes how runs ended: what it had not written is lost."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from tests.integration.executing import OF_OURS, order
from tests.integration.whole_ends import whole
from tests.waiting import until
from worker.ends_file import FILE_HEAD, ends_files, frames
from worker.ends_told import EndsTold
from worker.executor_link import News
from worker.executor_started import StartedLink
from worker.orders import Ended, ExecutorLost

RUNS, OUTPUT, SEVERAL = 16, 1 << 21, 4
TRIES = 20


class Killed:
    """An executor whose runs print much and end at once, killed when it begins to write that.

    `lost` are the runs of which nothing is known.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._told: list[EndsTold] = []
        self.lost: list[str] = []
        self._over = threading.Event()
        link = StartedLink(0, directory, RUNS, self._hear, OF_OURS)
        link.start(60.0)
        gate = directory.parent / f"{directory.name}.gate"
        os.mkfifo(gate)
        printed = (
            f"head -c {OUTPUT} /dev/zero | tr '\\0' x; echo; echo > {gate}.$$; read _ < {gate}"
        )
        given = [order(printed, output_head_bytes=OUTPUT) for _ in range(RUNS)]
        link.submit_many(given)
        self.run_ids = {each.run_id for each in given}
        marks = f"{gate.name}.*"
        until(lambda: len([*directory.parent.glob(marks)]) == RUNS, why="all have printed")
        opened = os.open(gate, os.O_RDWR)
        os.write(opened, b"\n" * RUNS)
        while not self._is_writing() and sum(len(told.over) for told in self._told) < RUNS:
            pass
        os.kill(link.pid, signal.SIGKILL)
        os.close(opened)
        assert self._over.wait(60)

    @property
    def ends(self) -> list[Ended]:
        """All that was told, whole."""
        return [end for told in self._told for end in whole(self._directory.parent, told)]

    @property
    def is_torn(self) -> bool:
        """Whether the write was cut off: something lies behind the last whole frame."""
        return any(map(_is_torn, ends_files(self._directory, 0)))

    def _is_writing(self) -> bool:
        """Whether a file that was made for several ends has the first bytes of them."""
        found = (path for path in ends_files(self._directory, 0) if _begun(path))
        return next(found, None) is not None

    def _hear(self, news: News) -> None:
        if isinstance(news, EndsTold):
            self._told.append(news)
        elif isinstance(news, ExecutorLost):
            self.lost += news.run_ids
            self._over.set()


def _begun(path: Path) -> bool:
    if path.stat().st_size < SEVERAL * OUTPUT:
        return False
    with path.open("rb", buffering=0) as file:
        file.seek(FILE_HEAD.size)
        return any(file.read(4))


def _is_torn(path: Path) -> bool:
    upto = max((frame.end for frame in frames(path)), default=FILE_HEAD.size)
    with path.open("rb") as file:
        file.seek(upto)
        return any(file.read(1 << 12))


def test_an_executor_killed_in_the_midst_of_a_write_loses_no_end_that_it_told(
    tmp_path: Path,
) -> None:
    for number in range(TRIES):
        killed = Killed(tmp_path / str(number))
        ends = killed.ends
        told = {each.run_id for each in ends}
        assert len(told) == len(ends)
        assert not told & {*killed.lost}
        assert told | {*killed.lost} == killed.run_ids
        assert all(each.output[:OUTPUT] == b"x" * OUTPUT for each in ends)
        if killed.is_torn:
            return
    raise AssertionError("no write was cut off")
