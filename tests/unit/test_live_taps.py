"""The thread that tells what followed runs print: it sleeps, follows, forgets, and ends."""

import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from common.job import Job
from tests.waiting import until
from worker import live_taps
from worker.journal_way import JournalWay
from worker.live_orders import Printed
from worker.live_taps import Taps
from worker.masks import Masks
from worker.stream import Stream

RUN = "a@1"


class Scene:
    """Runs whose output a test makes, and what was told of it."""

    def __init__(self, tell: Callable[[Printed], None] | None = None) -> None:
        self.streams: dict[str, Stream] = {}
        self.told: queue.SimpleQueue[Printed] = queue.SimpleQueue()
        self.died = threading.Event()
        self.taps = Taps(self.streams.get, tell or self.told.put, self.died.set)

    def begin(self, run_id: str = RUN) -> Stream:
        """A run starts."""
        self.streams[run_id] = Stream(Job("a", "true", ""), run_id, Masks(), JournalWay(""))
        return self.streams[run_id]

    def hear(self) -> bytes:
        """The next thing told."""
        return self.told.get(timeout=60).output

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self.taps._thread.is_alive()


@pytest.fixture
def scene() -> Iterator[Scene]:
    """One whose thread is stopped afterwards."""
    made = Scene()
    made.taps.start()
    yield made
    for _ in range(2):
        made.taps.stop()
    until(lambda: not made.is_alive, why="the thread ends")


def test_it_can_be_stopped_before_it_was_started_and_then_ends_at_once() -> None:
    scene = Scene()
    scene.taps.stop()
    scene.taps.finish(RUN)
    scene.taps.start()
    until(lambda: not scene.is_alive, why="the thread ends")


def test_a_run_is_followed_from_what_it_has_printed(scene: Scene) -> None:
    stream = scene.begin()
    stream.take(b"one\n", 1)
    scene.taps.follow((RUN,))
    assert scene.hear() == b"one\n"
    stream.take(b"two\n", 2)
    assert scene.hear() == b"two\n"
    stream.take(b"three", 3)
    scene.taps.finish(RUN)
    assert scene.hear() == b"three"


def test_one_that_starts_later_is_found(scene: Scene) -> None:
    scene.taps.follow((RUN,))
    scene.begin().take(b"late\n", 1)
    assert scene.hear() == b"late\n"


def test_all_is_told_before_finish_returns(scene: Scene) -> None:
    stream = scene.begin()
    scene.taps.follow((RUN,))
    assert scene.hear() == b""
    for number in range(50):
        stream.take(b"%d\n" % number, number)
    scene.taps.finish(RUN)
    shown = b""
    while not scene.told.empty():
        shown += scene.hear()
    assert shown == b"".join(b"%d\n" % number for number in range(50))


def test_it_forgets_what_it_is_not_told_of_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_taps, "FOLLOW_SECONDS", 0.1)
    stream = scene.begin()
    scene.taps.follow((RUN,))
    assert scene.hear() == b""
    until(lambda: stream._tap is None, why="it is let go of")
    stream.take(b"unseen\n", 1)
    scene.taps.finish(RUN)
    assert scene.told.empty()
    monkeypatch.undo()
    scene.taps.follow((RUN,))
    assert scene.hear() == b"unseen\n"


def test_what_nobody_expects_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def broken(printed: Printed) -> None:
        raise RuntimeError("broken")

    scene = Scene(broken)
    scene.begin()
    scene.taps.start()
    scene.taps.follow((RUN,))
    assert scene.died.wait(60)
    assert "the thread that tells what runs print died" in caplog.text
