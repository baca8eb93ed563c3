"""The runs of former lives: their executors end them, and what is left after that is ended."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.executing import desk, programs_of
from tests.turned_clock import TurnedClock
from tests.waiting import until
from worker.events import FormerKnown, FormerOver
from worker.executor_channel import frame
from worker.executor_socket import hold, listen
from worker.former import MARGIN_SECONDS, Former, Told
from worker.former_homes import Homes
from worker.hello import Hello
from worker.journal_lines import Noted
from worker.retiring import Retiring

GRACE = 3.0


class Scene:
    """A run of a former life, whose executor has not ended, and the part that is to end it."""

    def __init__(self, data_dir: Path, fence: int = 7, keep: bool = False) -> None:
        former = Homes(data_dir)
        former.own.mkdir(parents=True)
        self.home = former.own
        self.place = hold(former.own, 0)
        self.run_id = f"a@{os.getpid()}"
        environment = {"FLEETCRON_RUN_ID": self.run_id, "FLEETCRON_FENCE": str(fence)}
        self.process = subprocess.Popen(["/bin/sleep", "1000"], env=environment)
        self.clock = TurnedClock()
        self.told: list[Told] = []
        self.all_told: list[bool] = []
        noted = {self.run_id: Noted(self.run_id, "a", "me.1", 7, GRACE, keep)}
        self.former = Former(self.clock, Homes(data_dir), noted, self.hear, Retiring())
        self.former.inherit({self.run_id: ("a", 7)}, {})

    def hear(self, news: Told) -> None:
        """Note it."""
        if isinstance(news, FormerKnown):
            self.all_told.append(news.whole)
        else:
            self.told.append(news)

    def step(self) -> list[Told]:
        """Let it look once; what it has told by then."""
        self.former.wake()
        self.former.step()
        return self.told

    def over(self) -> FormerOver:
        """What is to be told in the end."""
        run = frozenset([self.run_id])
        return FormerOver(run, run)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A scene of which nothing is left in the end."""
    made = Scene(tmp_path)
    yield made
    made.process.kill()
    made.process.wait()


def test_a_former_run_is_left_to_its_executor_until_that_is_gone(scene: Scene) -> None:
    scene.clock.turn(GRACE)
    assert scene.step() == []
    assert (scene.process.poll(), scene.all_told) == (None, [])
    os.close(scene.place)
    assert scene.step() == [scene.over()]
    assert until(lambda: scene.process.poll() is not None)
    assert scene.all_told == [True]
    assert not scene.home.exists()
    scene.step()
    assert len(scene.told) == 1


def test_an_executor_that_does_not_end_saves_no_run(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    assert scene.step() == []
    scene.clock.turn(GRACE + MARGIN_SECONDS)
    assert scene.step() == [scene.over()]
    assert until(lambda: scene.process.poll() is not None)
    assert scene.home.exists()
    assert "does not end; its runs get KILL" in caplog.text
    os.close(scene.place)


def test_an_executor_that_cannot_be_spoken_with_keeps_what_is_to_be_kept(tmp_path: Path) -> None:
    scene = Scene(tmp_path, keep=True)
    scene.clock.turn(GRACE + MARGIN_SECONDS)
    assert scene.step() == []
    assert scene.process.poll() is None
    os.close(scene.place)
    assert scene.step() == [scene.over()]
    assert until(lambda: scene.process.poll() is not None)


@pytest.mark.parametrize("said", [frame(Hello(99, 0, 99)), b"\0\0\0\1?", b""])
def test_it_is_told_that_one_cannot_be_spoken_with_unless_it_may_speak_yet(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr("worker.former_place.CONNECT_SECONDS", 0.2)
    with listen(scene.home, 0) as listener:
        its: list[socket.socket] = []

        def speak() -> None:
            its.append(listener.accept()[0])
            its[0].sendall(said)

        speaking = threading.Thread(target=speak)
        speaking.start()
        scene.step()
        speaking.join()
        assert scene.all_told == ([False] if said else [])
        its[0].close()
    os.close(scene.place)
    scene.step()
    assert scene.all_told == ([False, True] if said else [True])


def test_a_run_of_another_fleet_by_the_same_id_is_left_alone(tmp_path: Path) -> None:
    scene = Scene(tmp_path, fence=8)
    os.close(scene.place)
    (told,) = scene.step()
    assert scene.process.poll() is None
    assert told == FormerOver(frozenset([scene.run_id]), frozenset())
    scene.process.kill()
    scene.process.wait()


def test_a_stray_run_is_ended_where_no_executor_has_it(tmp_path: Path) -> None:
    told: list[Told] = []
    former = Former(TurnedClock(), Homes(tmp_path), {}, told.append, Retiring())
    with desk(tmp_path / "executors") as office:
        owned = office.submit("sleep 1000; true", environment={"FLEETCRON_FENCE": "7"})
        office.sleeping(owned)
        stray = {"FLEETCRON_RUN_ID": f"stray@{os.getpid()}", "FLEETCRON_FENCE": "8"}
        with subprocess.Popen(["/bin/sleep", "1000"], env=stray) as process:
            runs = {owned.run_id: ("a", 7), stray["FLEETCRON_RUN_ID"]: ("b", 8)}
            former.inherit({}, runs)
            former.wake()
            former.step()
            assert until(lambda: process.poll() is not None)
        assert told == [FormerOver(frozenset(), frozenset()), FormerKnown()]
        assert len(programs_of(owned.run_id)) == 2
