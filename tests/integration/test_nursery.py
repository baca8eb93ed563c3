"""The nursery: a real one, which starts real executors for whoever of its user asks."""

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.executing import OF_OURS, Desk, processes_of
from tests.waiting import until
from worker.executor_config import ExecutorConfig
from worker.executor_process import ExecutorError
from worker.nursery_call import SOCKET, Request, ask
from worker.process_stat import parent_of

UNHELD = """
import errno, os, sys
from worker import nursery
real, failures = os.pidfd_open, [OSError(errno.ENOMEM, "no memory")]
def pidfd_open(pid):
    if failures:
        raise failures.pop()
    return real(pid)
os.pidfd_open = pidfd_open
sys.exit(nursery.main(sys.argv[1:]))
"""
"""A nursery that gets no hold of the first that it starts."""


class Nursery:
    """A nursery process that listens in `place`."""

    def __init__(self, place: Path, *program: str) -> None:
        self.place = place
        self.log = place.with_name("nursery.log")
        with self.log.open("wb") as log:
            argv = [sys.executable, *(program or ("-m", "worker.nursery")), str(place)]
            self.process = subprocess.Popen(argv, stderr=log, stdin=subprocess.DEVNULL)
        until((place / SOCKET).exists, why="a nursery that listens")

    @property
    def config(self) -> ExecutorConfig:
        """Of executors that it is to start."""
        return replace(OF_OURS, nursery=str(self.place))

    def end(self) -> int:
        """SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60.0)


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    """A nursery, gone afterwards with all that it started."""
    made = Nursery(tmp_path / "nursery")
    try:
        yield made
    finally:
        made.end()


def test_an_executor_from_a_nursery_is_its_child_and_takes_runs(
    nursery: Nursery, tmp_path: Path
) -> None:
    office = Desk(tmp_path / "home", config=nursery.config)
    assert parent_of(office.link.pid) == nursery.process.pid
    assert office.run("echo hi; exit 3").exit_code == 3
    pid = office.link.pid
    office.link.ask()
    assert office.link.join(60.0)
    until(lambda: not Path(f"/proc/{pid}").exists(), why="the nursery reaps it")
    assert office.lost == []


def test_an_executor_of_a_nursery_that_is_killed_is_told_as_lost(
    nursery: Nursery, tmp_path: Path
) -> None:
    office = Desk(tmp_path / "home", config=nursery.config)
    given = office.submit("sleep 1000")
    office.sleeping(given)
    os.kill(office.link.pid, signal.SIGKILL)
    until(lambda: office.hear() and office.lost, why="the loss")
    assert office.lost[0].run_ids == (given.run_id,)
    assert processes_of(given.run_id) == []


def test_a_nursery_that_is_told_to_end_ends_its_executors_and_their_runs_first(
    nursery: Nursery, tmp_path: Path
) -> None:
    office = Desk(tmp_path / "home", config=nursery.config)
    begun = tmp_path / "begun"
    trap = "trap 'echo bye; exit' TERM"
    given = office.submit(f"{trap}; touch {begun}; while :; do sleep 0.1; done")
    until(begun.exists, why="it hears signals")
    assert nursery.end() == 0
    assert office.ended(given).output.endswith(b"bye\n")
    assert not Path(f"/proc/{office.link.pid}").exists()


def test_the_death_of_a_nursery_alone_leaves_its_executors_alone(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path / "nursery")
    office = Desk(tmp_path / "home", config=nursery.config)
    nursery.process.kill()
    nursery.process.wait(60.0)
    assert office.run("echo still").output == b"still\n"
    office.link.ask()
    assert office.link.join(60.0)


def test_without_its_nursery_no_executor_starts(tmp_path: Path) -> None:
    config = replace(OF_OURS, nursery=str(tmp_path / "none"))
    with pytest.raises(ExecutorError, match=r"be started: no nursery answers at .*/none/"):
        Desk(tmp_path / "home", config=config)


def test_a_nursery_whose_directory_cannot_be_listened_in_says_why(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    long = tmp_path / ("d" * 107)
    for place, why in ((long, f"{len(str(long)) + 13} bytes, and a socket's path at most 107"),
                       (file, "File exists")):  # fmt: skip
        argv = [sys.executable, "-m", "worker.nursery", str(place)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        (said,) = done.stderr.splitlines()
        assert f"the nursery cannot listen in {place}: " in said
        assert said.endswith(why)
        assert done.returncode == 1
    assert not long.exists()


def test_a_program_that_is_not_there_is_the_askers_loss(nursery: Nursery) -> None:
    with (
        Request(["/no/program"], {}, "/", os.open("/dev/null", os.O_WRONLY)) as request,
        pytest.raises(OSError, match=r"nursery started nothing: .*No such file"),
    ):
        ask(nursery.place, request, 10.0)


def test_a_nursery_ends_what_it_gets_no_hold_of_and_says_so(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path / "nursery", "-c", UNHELD)
    try:
        with pytest.raises(ExecutorError, match=r"started nothing: .*no memory"):
            Desk(tmp_path / "home", config=nursery.config)
        pid = nursery.process.pid
        assert Path(f"/proc/{pid}/task/{pid}/children").read_text() == ""
        office = Desk(tmp_path / "home", number=1, config=nursery.config)
        assert office.run("echo hi").output == b"hi\n"
    finally:
        code = nursery.end()
    assert code == 0


def test_nonsense_and_silence_hold_nobody_up(nursery: Nursery, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent, socket.socket(socket.AF_UNIX) as wrong:
        for connection in (silent, wrong):
            connection.connect(str(nursery.place / SOCKET))
        wrong.sendall(b"[1")
        wrong.shutdown(socket.SHUT_WR)
        office = Desk(tmp_path / "home", config=nursery.config)
        assert office.run("echo hi").output == b"hi\n"
    office.link.ask()
    assert office.link.join(60.0)
    assert "no request: b'[1'" in nursery.log.read_text()


def test_a_nursery_without_descriptors_takes_who_connects_later(
    nursery: Nursery, tmp_path: Path
) -> None:
    pid = nursery.process.pid
    few = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, hard))
    with socket.socket(socket.AF_UNIX) as early:
        early.connect(str(nursery.place / SOCKET))
        until(lambda: "until there are descriptors" in nursery.log.read_text(), why="it says so")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    office = Desk(tmp_path / "home", config=nursery.config)
    assert office.run("echo hi").output == b"hi\n"
    office.link.ask()
    assert office.link.join(60.0)


def test_an_executor_of_a_nursery_gets_no_environment_of_either(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_SECRET", "x")
    office = Desk(tmp_path / "home", config=nursery.config)
    environment = Path(f"/proc/{office.link.pid}/environ").read_bytes()
    assert b"OUR_SECRET" not in environment
    assert b"PATH=" in environment
    office.link.ask()
    assert office.link.join(60.0)
