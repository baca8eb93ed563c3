"""When a daemon is ready: what it needs answers first, and all its parts say so."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from common.daemon import Needed
from common.errors import StoreLost
from common.loop import Died, Part
from tests.unit.daemons import Sleeper, daemon, terminate
from tests.waiting import until


def test_nothing_starts_before_what_is_needed_answers(caplog: pytest.LogCaptureFixture) -> None:
    notes: list[str] = []
    answers = iter([StoreLost("silence"), StoreLost("silence"), None])

    def ping() -> None:
        answer = next(answers)
        notes.append("ping")
        if answer:
            raise answer

    def build(died: Died) -> Sequence[Part]:
        terminate(died)
        return [Sleeper("a", notes)]

    assert daemon(build, Needed("etcd", ping)).run() == 0
    assert notes[:4] == ["ping", "ping", "ping", "start a"]
    assert caplog.text.count("silence") == 1


def test_a_daemon_that_waits_for_what_it_needs_ends_by_a_signal() -> None:
    def ping() -> None:
        terminate(lambda name, error: None)
        raise StoreLost("silence")

    def build(died: Died) -> Sequence[Part]:
        raise AssertionError("built without what it needs")

    assert daemon(build, Needed("etcd", ping)).run() == 0


def test_systemd_is_told_ready_after_the_parts_started_and_stopping_before_they_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        class Told(Sleeper):
            """Notes what systemd has heard when it starts and when it is asked."""

            def ask(self) -> None:
                """Both were told by now."""
                notes.extend(listener.recv(99).decode() for _ in range(2))

        def build(died: Died) -> Sequence[Part]:
            terminate(died)
            return [Told("a", notes)]

        assert daemon(build).run() == 0
    assert notes == ["start a", "READY=1", "STOPPING=1", "join a"]


class Hesitantly(Sleeper):
    """A part that is ready when it was waited for the third time, if then."""

    def __init__(self, name: str, notes: list[str], looks: int) -> None:
        super().__init__(name, notes)
        self._looks = looks

    def await_ready(self, timeout: float) -> bool:
        """Note it; the last time it is."""
        self._looks -= 1
        self._notes.append(f"await {self.name}")
        if self._looks < 0:
            os.kill(os.getpid(), signal.SIGTERM)
        return self._looks == 0


@pytest.mark.parametrize("looks", [2, 0])
def test_a_daemon_is_ready_when_all_its_parts_are_unless_a_signal_comes_before(
    looks: int, caplog: pytest.LogCaptureFixture
) -> None:
    notes: list[str] = []
    caplog.set_level("INFO")

    def build(died: Died) -> Sequence[Part]:
        if looks:
            terminate_when(lambda: "test is ready" in caplog.text)
        return [Hesitantly("a", notes, looks), Sleeper("b", notes)]

    assert daemon(build).run() == 0
    assert notes[:3] == ["start a", "start b", "await a"]
    assert ("test is ready" in caplog.text) is bool(looks)
    assert notes[-2:] == ["ask a", "join a"]


def terminate_when(condition: Callable[[], bool]) -> None:
    """Send ourselves the signal that ends a daemon once this is so."""

    def wait() -> None:
        until(condition)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
