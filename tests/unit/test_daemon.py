"""A daemon starts sink first, stops source first, and ends by a signal or by a death."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from common.daemon import Daemon, Needed
from common.errors import StoreLost
from common.loop import Died, Loop, Part
from tests.waiting import until


class Sleeper:
    """A part that does nothing until it is asked, and notes what is done with it."""

    def __init__(self, name: str, notes: list[str], ends: bool = True) -> None:
        self.name = name
        self._notes = notes
        self._ends = ends

    def start(self) -> None:
        """Note it."""
        self._notes.append(f"start {self.name}")

    def ask(self) -> None:
        """Note it."""
        self._notes.append(f"ask {self.name}")

    def join(self, timeout: float) -> bool:
        """Note it."""
        if self._ends:
            self._notes.append(f"join {self.name}")
        return self._ends


class Patiently(Sleeper):
    """A part that ends only when it is hurried."""

    def hurry(self) -> None:
        """Note it, and end."""
        self._notes.append(f"hurry {self.name}")
        self._ends = True

    def join(self, timeout: float) -> bool:
        """Let another signal come, as from somebody who has waited long enough."""
        if not self._ends:
            os.kill(os.getpid(), signal.SIGINT)
        return super().join(timeout)


def daemon(
    build: Callable[[Died], Sequence[Part]], *needed: Needed, seconds: float = 5.0
) -> Daemon:
    """A daemon of these parts."""
    return Daemon(needed, build, seconds, "test")


def terminate(died: Died) -> None:
    """Send ourselves the signal that ends a daemon, from another thread."""
    threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGTERM)).start()


def test_parts_start_in_order_and_stop_in_the_other_one_after_the_other() -> None:
    notes: list[str] = []

    def build(died: Died) -> Sequence[Part]:
        terminate(died)
        return [Sleeper(name, notes) for name in "abc"]

    assert daemon(build).run() == 0
    assert notes == [
        *("start a", "start b", "start c"),
        *("ask c", "join c", "ask b", "join b", "ask a", "join a"),
    ]


def test_a_part_that_dies_ends_the_daemon_with_1_after_the_others_were_stopped() -> None:
    notes: list[str] = []

    class Dying:
        """A body whose first step fails."""

        name = "dying"

        def step(self) -> None:
            """Fail."""
            raise RuntimeError("broken")

        def wake(self) -> None:
            """Nothing waits."""

        def close(self) -> None:
            """Note it: a part that died is not closed."""
            notes.append("close")

    assert daemon(lambda died: [Sleeper("a", notes), Loop(Dying(), died)]).run() == 1
    assert notes == ["start a", "ask a", "join a"]


def test_a_part_that_cannot_start_ends_the_daemon_and_what_had_started_is_stopped() -> None:
    notes: list[str] = []

    class Broken(Sleeper):
        """A part that cannot start."""

        def start(self) -> None:
            """Fail."""
            raise RuntimeError("no room")

    build = daemon(lambda died: [Sleeper("a", notes), Broken("b", notes)])
    assert build.run() == 1
    assert notes[0] == "start a"
    assert "join a" in notes


def test_a_part_that_does_not_stop_in_time_is_said_and_the_others_are_stopped() -> None:
    notes: list[str] = []

    def build(died: Died) -> Sequence[Part]:
        terminate(died)
        return [Sleeper("a", notes), Sleeper("stuck", notes, ends=False)]

    assert daemon(build, seconds=0.05).run() == 1
    assert notes[-2:] == ["ask a", "join a"] or notes[-1] == "ask a"


def test_another_signal_hurries_a_patient_part() -> None:
    notes: list[str] = []

    def build(died: Died) -> Sequence[Part]:
        terminate(died)
        return [Patiently("patient", notes, ends=False)]

    assert daemon(build).run() == 0
    assert notes == ["start patient", "ask patient", "hurry patient", "join patient"]


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


def test_a_signal_that_the_kernel_gives_to_another_thread_is_heard() -> None:
    def build(died: Died) -> Sequence[Part]:
        ready.set()
        return [Sleeper("a", [])]

    ready = threading.Event()
    main = Path(f"/proc/self/task/{os.getpid()}/stat")

    def tell() -> None:
        until(lambda: ready.is_set() and main.read_text().rpartition(")")[2].split()[0] == "S")
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    threading.Thread(target=tell, daemon=True).start()
    assert daemon(build).run() == 0
