"""A run that hops from process to process, each gone before anybody has looked at it."""

import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.executing import Desk, desk

HOPS = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
held, until = os.open(sys.argv[1], os.O_WRONLY), time.monotonic() + 30
if os.fork():
    os.close(held)
    time.sleep(float(sys.argv[2]))
    os._exit(0)
while time.monotonic() < until:
    if os.fork():
        os._exit(0)
    os.setsid()
    time.sleep(0.0005)
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An executor without cgroups."""
    with desk(tmp_path_factory.mktemp("executor")) as made:
        yield made


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """What such a run holds open as long as one of its processes lives, and our end of it."""
    path, script = tmp_path / "fifo", tmp_path / "hops.py"
    os.mkfifo(path, 0o666)
    script.write_text(HOPS)
    end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path, end
    os.close(end)


def hops(fifo: Path, seconds: float) -> str:
    """Hop, beside a command that itself ends after so long."""
    return f"exec {sys.executable} {fifo.parent / 'hops.py'} {fifo} {seconds}"


def is_over(end: int) -> bool:
    """Whether nobody holds the other end open."""
    poll = select.poll()
    poll.register(end, select.POLLIN)
    return any(what & select.POLLHUP for _, what in poll.poll(0))


def test_a_kill_catches_what_hops(office: Desk, fifo: tuple[Path, int]) -> None:
    path, end = fifo
    given = office.submit(hops(path, 1000), kill_grace_seconds=0.2)
    office.started(given)
    blocking = os.open(path, os.O_RDONLY)  # returns once it has begun
    office.link.kill(given.run_id, "enough")
    assert office.ended(given).outcome == "killed"
    assert is_over(end)
    os.close(blocking)


def test_what_a_command_leaves_hopping_is_caught(office: Desk, fifo: tuple[Path, int]) -> None:
    path, end = fifo
    ended = office.run(hops(path, 0.3))
    assert (ended.outcome, ended.reason) == ("success", "left 1 process, which was ended")
    assert is_over(end)
