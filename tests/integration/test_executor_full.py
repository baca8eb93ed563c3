"""Executors that can keep no further ends anywhere: they get no runs, and lose none."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil

from tests.integration.executing import OF_OURS, nobody_dies, order
from tests.integration.whole_ends import reading
from tests.kept_ends import read_ends
from tests.scarcity import short_files, small_disk
from tests.waiting import until
from worker.crew import Crew
from worker.executor_link import News
from worker.orders import Ended

SHARE = 128 << 10
CONTEXT = "{" + "x" * 8000 + "}"
"""What each end takes on disk, and in memory."""
MOST_RUNS = 500


class Shift:
    """A crew of two executors, whose runs are over at once."""

    def __init__(self, directory: Path) -> None:
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        config = replace(OF_OURS, spool_bytes=SHARE)
        hear = reading(directory.parent, self._news.put)
        self.crew = Crew(2, 4, directory, hear, nobody_dies, config=config)
        self.ran: list[str] = []
        self.crew.start()

    def run(self) -> None:
        """Have as many runs as there is room for, to their ends."""
        given = [order("true", context=CONTEXT) for _ in range(self.crew.room)]
        self.crew.submit_many(given)
        waiting = {each.run_id for each in given}
        while waiting:
            if isinstance(news := self._news.get(timeout=60), Ended):
                assert news.outcome == "success"
                waiting.remove(news.run_id)
                self.ran.append(news.run_id)
                self.crew.released(news.run_id)


@contextmanager
def shift(directory: Path) -> Iterator[Shift]:
    """A shift whose executors are gone afterwards."""
    made = Shift(directory)
    try:
        yield made
    finally:
        made.crew.ack(tuple(made.ran))
        made.crew.ask()
        made.crew.join(5.0)


def executors(directory: Path) -> list[int]:
    """The pids of those that lie there."""
    found = (each for each in psutil.Process().children() if str(directory) in each.cmdline())
    return [each.pid for each in found]


def test_executors_with_a_full_disk_and_a_full_memory_get_no_runs_until_ends_are_recorded(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    with small_disk(home) as is_small, shift(home) as here:
        for executor in executors(home) if not is_small else ():
            short_files(executor, 0)
        while here.crew.room and len(here.ran) < MOST_RUNS:
            here.run()
        until(lambda: not here.crew.room, why="none takes runs")
        assert here.crew.short_of.startswith("disk for how its runs end: ")
        on_disk = {end.run_id for n in range(2) for end in read_ends(home, n)}
        in_memory = {*here.ran} - on_disk
        assert len(in_memory) > SHARE // 10_000
        assert (len(on_disk) > 50) == is_small
        here.crew.ack(tuple(here.ran))
        until(lambda: here.crew.room == 8, why="both take runs again")
        assert here.crew.short_of == ""
        before = len(here.ran)
        here.run()
        assert len(here.ran) == before + 8


def test_where_one_executor_can_keep_no_more_the_other_gets_the_runs(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with shift(home) as here:
        short_files(executors(home)[0], 0)
        while here.crew.room == 8 and len(here.ran) < MOST_RUNS:
            here.run()
        assert here.crew.room == 4
        assert here.crew.short_of == "disk for how its runs end: File too large"
        before = len(here.ran)
        for _ in range(5):
            here.run()
        assert len(here.ran) == before + 20
        here.crew.ack(tuple(here.ran))
        until(lambda: here.crew.room == 8, why="both take runs again")
