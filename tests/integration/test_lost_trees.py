"""Of a run that no executor has any more nothing is left, whatever its processes say of it."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.integration.executing import Desk, boot_now, desk, state_of
from tests.turned_clock import TurnedClock
from tests.waiting import until
from worker.events import FormerKnown, FormerOver
from worker.executor_loss import left_by
from worker.executor_table import Leader, Table
from worker.former import Former, Told
from worker.former_homes import Homes
from worker.hello import Held
from worker.journal_lines import Noted
from worker.orders import ExecutorLost
from worker.process_stat import start_ticks
from worker.retiring import Retiring

NOTE = "echo $$ >>{file}; exec sleep 1000"
SCRUBBED = {
    "the command itself": f"exec env -i sh -c '{NOTE}'",
    "a child of it": f"env -i sh -c '{NOTE}'; true",
    "a child in a new session": f"setsid -w env -i sh -c '{NOTE}'; true",
    "an orphan in its session": f"(env -i sh -c '{NOTE}' &); sleep 1000; true",
    "a child of what says so in a new session": f"setsid sh -c 'env -i sh -c \"{NOTE}\"; true'",
}
every_one = pytest.mark.parametrize("command", SCRUBBED.values(), ids=list(SCRUBBED))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a command writes the pid of what is to be found."""
    return tmp_path / "pid"


def noted(file: Path) -> int:
    """The pid in it, once it is there."""
    until(lambda: file.exists() and file.read_text().endswith("\n"), why="a pid")
    return int(file.read_text())


def alive(pid: int) -> bool:
    """Whether the process lives."""
    return state_of(pid) not in ("", "Z", "X")


def begun(office: Desk, command: str, file: Path) -> int:
    """The pid of what a run of the command started that tells of no run."""
    office.started(office.submit(command.replace("{file}", str(file))))
    return noted(file)


@every_one
def test_a_lost_executor_leaves_nothing_that_scrubbed_its_environment(
    tmp_path: Path, file: Path, command: str
) -> None:
    with desk(tmp_path / "home") as office:
        pid = begun(office, command, file)
        os.kill(office.link.pid, signal.SIGKILL)
        assert isinstance(office.hear(), ExecutorLost)
        assert not alive(pid)


def test_a_lost_executor_costs_nobody_who_has_the_number_of_a_run_since(tmp_path: Path) -> None:
    table = Table()
    with subprocess.Popen(["/bin/sleep", "1000"], start_new_session=True) as other:
        table.held["a@1"] = Held("a@1", "a")
        table.begun["a@1"] = Leader(other.pid, boot_now() - 1.0)
        assert left_by(tmp_path, 0, table) == ([], frozenset(["a@1"]))
        assert other.poll() is None
        other.kill()


@every_one
def test_a_next_life_ends_all_of_a_run_that_scrubbed_its_environment(
    tmp_path: Path, file: Path, command: str
) -> None:
    environment = {**os.environ, "FLEETCRON_RUN_ID": f"a@{os.getpid()}", "FLEETCRON_FENCE": "7"}
    run_id = environment["FLEETCRON_RUN_ID"]
    shell = ["/bin/sh", "-c", command.replace("{file}", str(file))]
    told: list[Told] = []
    with subprocess.Popen(shell, env=environment, start_new_session=True) as process:
        pid = noted(file)
        ticks = start_ticks(process.pid)
        run = Noted(run_id, "a", "me.1", 7, 1.0, False, pid=process.pid, ticks=ticks)
        former = Former(TurnedClock(), Homes(tmp_path), {run_id: run}, told.append, Retiring())
        former.inherit({run_id: ("a", 7)}, {})
        former.wake()
        former.step()
        process.wait()
    assert not alive(pid)
    assert told == [FormerOver(frozenset([run_id]), frozenset([run_id])), FormerKnown()]
