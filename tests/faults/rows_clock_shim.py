"""Row 4, what it stands on: the shifted clock is a worker's wall clock, and nothing else is."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.fleet import HERE
from tests.faults.shifted_clock import ShiftedClock, compile_shim
from worker.executor_process import PASSED_ON, PASSED_ON_PREFIXES

TELL = """
import sys, threading, time
for line in sys.stdin:
    begun = time.monotonic()
    threading.Event().wait(0.1)
    took = time.monotonic() - begun
    print(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME), took, flush=True)
"""
HEAR = """
from common.clock_steps import ClockSteps
steps = ClockSteps([lambda: print("set", flush=True)])
print("waits", flush=True)
while True:
    steps.step()
"""
AN_HOUR = 3600.0


@pytest.fixture
def clock(tmp_path: Path) -> ShiftedClock:
    """A clock that is right."""
    return ShiftedClock(compile_shim(tmp_path), tmp_path / "clock")


@pytest.fixture
def process(clock: ShiftedClock) -> Iterator["subprocess.Popen[str]"]:
    """A process that tells, for each line, its wall clock, boot time and how long 0.1 s took it.

    It is started with what a worker passes on to its executors.
    """
    passed = {
        name: value
        for name, value in clock.environment().items()
        if name in PASSED_ON or name.startswith(PASSED_ON_PREFIXES)
    }
    argv = [sys.executable, "-P", "-c", TELL]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(argv, env=passed, **pipes) as made:  # type: ignore[call-overload]
        yield made
        made.stdin.close()


def told(process: "subprocess.Popen[str]") -> tuple[float, float, float]:
    """By how much the process's wall clock and boot time differ from ours, and its wait."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    wall, boot, took = map(float, process.stdout.readline().split())
    return wall - time.time(), boot - time.clock_gettime(time.CLOCK_BOOTTIME), took


def test_row_4_the_wall_clock_is_shifted_live_and_no_other_is(
    clock: ShiftedClock, process: "subprocess.Popen[str]"
) -> None:
    for seconds in (0.0, AN_HOUR, -AN_HOUR, -0.5, 0.0):
        clock.shift(seconds)
        wall, boot, took = told(process)
        assert wall == pytest.approx(seconds, abs=0.4)
        assert boot == pytest.approx(0.0, abs=0.4)
        assert 0.1 <= took < 5


def test_row_5_a_process_is_told_that_its_wall_clock_was_set(clock: ShiftedClock) -> None:
    environment = {**clock.environment(), "PYTHONUNBUFFERED": "1"}
    argv = [sys.executable, "-c", HEAR]
    with subprocess.Popen(
        argv, env=environment, cwd=HERE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "waits\n"
        for seconds in (AN_HOUR, -AN_HOUR):
            clock.shift(seconds)
            assert process.stdout.readline() == "set\n"
        process.kill()
