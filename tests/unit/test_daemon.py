"""A daemon starts sink first, stops source first, and ends by a signal or by a death."""

import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from common.loop import Died, Loop, Part
from tests.unit.daemons import Sleeper, daemon, terminate
from tests.waiting import until


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


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (RuntimeError("can't start new thread"), "no thread is left, or no memory for one"),
        (MemoryError(), "no memory is left"),
    ],
)
def test_what_the_system_lacks_at_the_start_is_said_in_a_sentence(
    error: Exception, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Sleeper):
        """A part that cannot start."""

        def start(self) -> None:
            """Fail."""
            raise error

    assert daemon(lambda died: [Broken("a", [])]).run() == 1
    (told,) = (each for each in caplog.records if each.levelname == "ERROR")
    assert (told.getMessage(), told.exc_info) == (f"start failed: {why}; the daemon ends", None)


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
