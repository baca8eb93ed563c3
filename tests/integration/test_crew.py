"""The crew: one of several executors is lost, and another one takes its place."""

import os
import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.integration.executing import OF_OURS, order, processes_of, programs_of
from tests.integration.whole_ends import reading
from tests.waiting import until
from worker.crew import Crew
from worker.executor_link import News
from worker.executor_process import ExecutorError
from worker.executor_socket import hold
from worker.executor_started import StartedLink
from worker.executor_starter import Starter
from worker.orders import Ended, ExecutorLost, Order
from worker.process_stat import parent_of


class Shift:
    """A crew of two executors with two threads each, and what it tells."""

    def __init__(self, directory: Path) -> None:
        self.news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self.died: list[tuple[str, BaseException]] = []
        hear = reading(directory.parent, self.news.put)
        self.crew = Crew(
            2, 2, directory, hear, lambda *death: self.died.append(death), config=OF_OURS
        )
        self.ends: list[Ended] = []
        self.lost: list[ExecutorLost] = []
        self.crew.start()

    def submit(self, command: str) -> Order:
        """Hand over a run."""
        given = order(command)
        self.crew.submit_many([given])
        return given

    def sleeping(self) -> Order:
        """Hand over a run that sleeps, and wait until it does."""
        given = self.submit("sleep 1000; true")
        until(lambda: programs_of(given.run_id).count("sleep") == 1, why="it sleeps")
        return given

    def hear(self) -> None:
        """Take in the next thing told, as the scheduler would."""
        match self.news.get(timeout=60):
            case Ended() as end:
                self.ends.append(end)
                self.crew.released(end.run_id)
            case ExecutorLost() as loss:
                self.lost.append(loss)
                for run_id in loss.run_ids:
                    self.crew.released(run_id)

    def ended(self, given: Order) -> Ended:
        """Wait for the end of this run."""
        while not (found := [end for end in self.ends if end.run_id == given.run_id]):
            self.hear()
        return found[0]


@contextmanager
def shift(directory: Path) -> Iterator[Shift]:
    """A shift whose executors are gone afterwards."""
    made = Shift(directory)
    try:
        yield made
    finally:
        made.crew.ask()
        made.crew.join(0.0)


def executor_of(given: Order) -> int:
    """The pid of the executor that has a run."""
    own = processes_of(given.run_id)
    (executor,) = {parent_of(pid) for pid in own} - {*own}
    return executor


def test_an_executor_that_is_killed_is_started_anew_while_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.executor_starter.FIRST_PAUSE_SECONDS", 2.0)
    with shift(tmp_path) as here:
        one, other = here.sleeping(), here.sleeping()
        assert executor_of(one) != executor_of(other)
        assert here.crew.room == 2
        os.kill(executor_of(one), signal.SIGKILL)
        until(lambda: here.crew.room == 1, why="one of its four places is taken, and two are gone")
        while not here.lost:
            here.hear()
        assert here.lost[0].run_ids == (one.run_id,)
        assert processes_of(one.run_id) == []
        until(lambda: here.crew.room == 3, why="another executor has taken its place")
        later = [here.submit("echo fine") for _ in range(3)]
        assert [here.ended(given).output for given in later] == [b"fine\n"] * 3
        assert programs_of(other.run_id).count("sleep") == 1
        here.crew.kill(other.run_id, "enough")
        assert here.ended(other).outcome == "killed"
        here.crew.ack(tuple(end.run_id for end in here.ends))


def test_an_executor_that_is_missing_or_does_not_answer_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.executor_table.END_MARGIN_SECONDS", 0.2)
    monkeypatch.setattr("worker.executor_starter.FIRST_PAUSE_SECONDS", 1.0)
    with shift(tmp_path) as here:
        one, other = here.sleeping(), here.sleeping()
        frozen, killed = executor_of(one), executor_of(other)
        assert here.crew.trouble == ""
        os.kill(frozen, signal.SIGSTOP)
        here.crew.kill(one.run_id, "enough", at_once=True)
        said = until(lambda: here.crew.trouble, why="it does not answer")
        assert said in [f"executor {number} does not answer" for number in (0, 1)]
        os.kill(frozen, signal.SIGCONT)
        assert here.ended(one).outcome == "killed"
        assert here.crew.trouble == ""
        os.kill(killed, signal.SIGKILL)
        assert until(lambda: here.crew.trouble, why="one is missing") == "1 missing"
        until(lambda: here.crew.trouble == "", why="another has taken its place")


def test_executors_that_are_all_killed_come_back_and_what_is_given_meanwhile_never_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.executor_starter.FIRST_PAUSE_SECONDS", 2.0)
    with shift(tmp_path) as here:
        runs = [here.sleeping(), here.sleeping()]
        for pid in {executor_of(given) for given in runs}:
            os.kill(pid, signal.SIGKILL)
        until(lambda: here.crew.room <= 0, why="all are gone")
        given = here.submit("echo too late")
        assert here.ended(given).outcome == "not_started"
        until(lambda: here.crew.room >= 2, why="they are back")
        assert here.ended(here.submit("echo fine")).output == b"fine\n"


@pytest.mark.parametrize("thread", ["executor-2-sender", "executor-2"])
def test_an_executor_for_which_no_thread_is_left_is_none_and_another_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, thread: str
) -> None:
    start = threading.Thread.start

    def refuse(self: threading.Thread) -> None:
        if self.name == thread:
            raise RuntimeError("can't start new thread")
        start(self)

    with shift(tmp_path / "home") as here:
        one = here.sleeping()
        monkeypatch.setattr("threading.Thread.start", refuse)
        os.kill(executor_of(one), signal.SIGKILL)
        until(lambda: "an executor is still missing: " in caplog.text, why="it was tried")
        until(lambda: 3 in executors(tmp_path / "home"), why="yet another is")
        until(lambda: here.crew.room == 3, why="it takes runs")
        assert "no thread is left to speak to it: can't start new thread" in caplog.text
        assert 2 not in executors(tmp_path / "home")
        assert here.died == []


def test_an_error_that_nobody_expects_of_a_start_is_told() -> None:
    died: queue.SimpleQueue[tuple[str, BaseException]] = queue.SimpleQueue()
    error = ZeroDivisionError("nobody expects it")

    def make() -> StartedLink:
        raise error

    starter = Starter(make, lambda link: None, lambda *death: died.put(death))
    starter.start()
    starter.missed()
    assert died.get(timeout=60) == ("executor starter", error)
    assert starter.join(60.0)


def executors(directory: Path) -> list[int]:
    """The numbers of the executors that live there."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            words = path.read_text().split("\0")
            if str(directory) in words:
                found.append(int(words[words.index(str(directory)) + 1]))
    return found


def test_frozen_executors_are_woken_to_end_their_runs_and_leave_nothing(tmp_path: Path) -> None:
    with shift(tmp_path / "home") as here:
        given = [here.sleeping() for _ in range(2)]
        for run in given:
            os.kill(executor_of(run), signal.SIGSTOP)
        here.crew.retire(keep=False)
        here.crew.ask()
        assert not here.crew.join(0.1)
        ends = [here.ended(run) for run in given]
        assert [end.outcome for end in ends] == ["killed"] * 2
        assert here.lost == []
        assert executors(tmp_path / "home") == []
        here.crew.ack(tuple(end.run_id for end in ends))
        assert here.crew.join(0.1)
        assert not (tmp_path / "home").exists()


def test_a_stop_while_an_executor_is_started_waits_for_it_and_leaves_none(tmp_path: Path) -> None:
    home = tmp_path / "home"
    here = Shift(home)
    place = hold(home, 2)
    os.kill(executor_of(here.sleeping()), signal.SIGKILL)
    until(lambda: 2 in executors(home), why="another is started")
    here.crew.ask()
    assert not here.crew.join(0.1), "that one does not run yet"
    os.close(place)
    until(lambda: here.crew.join(0.1), why="it has ended, too")
    assert executors(home) == []
    assert not home.exists()


def test_where_one_executor_does_not_start_none_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.crew.START_SECONDS", 1.0)
    home = tmp_path / "home"
    home.mkdir()
    place = hold(home, 1)
    crew = Crew(2, 2, home, lambda news: None, print, config=OF_OURS)
    with pytest.raises(ExecutorError, match="was not ready in 1 s"):
        crew.start()
    crew.ask()
    crew.join(10.0)
    os.close(place)
    assert executors(home) == []
