"""The limits of runs, what they used, and what becomes of cgroups when their executor is gone."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cgroups import delegated
from tests.integration.executing import OF_OURS, Desk, desk, programs_of, state_of
from tests.waiting import until
from worker.cgroups import TIDY_EACH, sweep
from worker.orders import ExecutorLost

GREEDY = "python3 -c 'x = bytearray(300 << 20)'"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An executor without cgroups."""
    with desk(tmp_path_factory.mktemp("executor")) as made:
        yield made


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """A cgroup for an executor of the test's own; without controllers on most hosts."""
    with delegated() as made:
        yield made


def test_memory_is_refused_to_a_run_beyond_its_limit(office: Desk) -> None:
    end = office.run(GREEDY, limit_memory_bytes=200 << 20)
    assert (end.outcome, end.exit_code) == ("failed", 1)
    assert b"MemoryError" in end.output
    assert office.run(GREEDY, limit_memory_bytes=2 << 30).outcome == "success"


@pytest.mark.parametrize("limit", [1, 4096, 100_000])
def test_a_limit_that_leaves_no_room_for_the_shell_fails_the_run(office: Desk, limit: int) -> None:
    end = office.run("echo never", limit_memory_bytes=limit)
    assert end.outcome in ("failed", "could_not_start")
    assert end.output == b"" or b"never" not in end.output
    assert end.err
    assert office.run("echo still here").output == b"still here\n"


def test_open_files_are_limited_for_good(office: Desk) -> None:
    end = office.run("ulimit -n; ulimit -Hn; ulimit -n 64", limit_open_files=20)
    assert end.output.splitlines()[:2] == [b"20", b"20"]
    assert end.outcome == "success" or b"limit" in end.output


@pytest.mark.parametrize("limit", [1, 3])
def test_a_failure_says_that_a_limit_of_open_files_is_too_small(office: Desk, limit: int) -> None:
    end = office.run("echo never | cat", limit_open_files=limit)
    assert (end.outcome, end.output_bytes > 0) == ("failed", True)
    assert end.reason == f"limitOpenFiles is {limit}, which is less than most programs need"
    assert end.err.endswith("or a program that its limits leave no room to be loaded")
    assert office.run("exit 3", limit_open_files=100).reason == ""


def test_what_cannot_be_limited_without_a_cgroup_is_said(office: Desk) -> None:
    end = office.run("echo hi", limit_cpus=0.5, limit_processes=10)
    assert (end.outcome, end.output) == ("success", b"hi\n")
    assert end.reason == "not limited here, without a cgroup: limitCpus, limitProcesses"


def test_a_failure_says_what_the_limit_of_memory_meant_here(office: Desk) -> None:
    said = "limitMemoryBytes is each process's address space here, without a cgroup"
    assert office.run("true", limit_memory_bytes=4096).reason == said
    assert office.run("true", limit_memory_bytes=1 << 30).reason == ""


def test_a_large_process_is_seen_in_the_peak_and_a_small_one_is_not_known(office: Desk) -> None:
    large, small = office.run(GREEDY), office.run("true")
    assert large.peak_memory_bytes is not None
    assert 300 << 20 <= large.peak_memory_bytes < 400 << 20
    assert small.peak_memory_bytes is None


def test_a_peak_is_known_though_who_started_the_executor_had_more(tmp_path: Path) -> None:
    large = bytearray(400 << 20)
    del large
    with desk(tmp_path / "home") as office:
        peak = office.run(GREEDY).peak_memory_bytes
    assert peak is not None
    assert 300 << 20 <= peak < 400 << 20


def test_what_a_run_wrote_is_counted(office: Desk, tmp_path: Path) -> None:
    end = office.run(f"head -c 1000000 /dev/zero >{tmp_path}/file; sync {tmp_path}/file")
    assert end.written_bytes is not None
    assert end.read_bytes is not None


def test_with_a_cgroup_cpu_time_counts_what_nobody_waited_for(cgroup: Path, tmp_path: Path) -> None:
    busy = "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo >\"$0\"' {done} &"
    command = busy.format(done=tmp_path / "done") + f" until [ -s {tmp_path}/done ]; do :; done"
    with desk(tmp_path / "home", config=replace(OF_OURS, cgroup=str(cgroup))) as office:
        end = office.run("exec 2>&-; " + command)
    assert end.outcome == "success"
    assert end.cpu_seconds is not None
    assert end.cpu_seconds > 0.05


def test_each_run_has_a_cgroup_and_none_is_left(cgroup: Path, tmp_path: Path) -> None:
    with desk(tmp_path / "home", config=replace(OF_OURS, cgroup=str(cgroup))) as office:
        ends = [office.run("cat /proc/self/cgroup") for _ in range(3)]
        inside = f"{cgroup.name}/home-runs-0/"
        places = {line for end in ends for line in end.output.decode().splitlines()}
        assert len({place for place in places if inside in place}) == 3
        assert list(Path(cgroup, "home-runs-0").glob("*/")) == []
    assert [path for path in cgroup.iterdir() if path.is_dir()] == []


def test_a_killed_executor_leaves_no_run_and_no_cgroup(cgroup: Path, tmp_path: Path) -> None:
    office = Desk(tmp_path / "home", config=replace(OF_OURS, cgroup=str(cgroup)))
    given = office.submit("setsid env -i sleep 1000 <&- >/dev/null 2>&1 & exec sleep 1000")
    office.started(given)
    runs = cgroup / "home-runs-0" / "1"
    until(lambda: len((runs / "cgroup.procs").read_text().split()) == 2, why="both sleeps")
    pids = [int(pid) for pid in (runs / "cgroup.procs").read_text().split()]
    os.kill(office.link.pid, signal.SIGKILL)
    while not isinstance(office.hear(), ExecutorLost):
        pass
    assert [pid for pid in pids if state_of(pid) not in ("", "Z")] == []
    assert programs_of(given.run_id) == []
    office.link.ask()
    office.link.join(60)
    assert [path for path in cgroup.iterdir() if path.is_dir()] == []


def test_what_a_run_was_to_leave_outlives_its_executor(cgroup: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with desk(home, config=replace(OF_OURS, cgroup=str(cgroup))) as office:
        end = office.run("sleep 1000 >/dev/null 2>&1 & echo $!", leftovers="keep")
    (pid,) = map(int, end.output.split())
    sweep(home)
    assert state_of(pid) not in ("", "Z")
    os.kill(pid, signal.SIGKILL)
    runs = cgroup / "home-runs-0" / "1"
    until(lambda: "populated 0" in (runs / "cgroup.events").read_text(), why="it is gone")
    sweep(home)
    assert [path for path in cgroup.iterdir() if path.is_dir()] == []


def test_a_directory_that_is_gone_costs_a_run_its_cgroup_and_a_limited_one_its_start(
    tmp_path: Path,
) -> None:
    with delegated() as gone:
        config = replace(OF_OURS, cgroup=str(gone))
        with desk(tmp_path / "home", config=config) as office:
            (gone / "home-runs-0").rmdir()
            assert office.run("echo hi").output == b"hi\n"
            end = office.run("echo hi", limit_processes=5)
    assert end.outcome == "could_not_start"
    assert "No such file" in end.err


def test_the_cgroup_of_what_outlived_its_run_goes_some_time_after_its_end(
    cgroup: Path, tmp_path: Path
) -> None:
    with desk(tmp_path / "home", config=replace(OF_OURS, cgroup=str(cgroup))) as office:
        for command in ("sleep 1000 >/dev/null 2>&1 & echo $!",) * 2:
            end = office.run(command, leftovers="keep")
        os.kill(int(end.output), signal.SIGKILL)
        first, second = (cgroup / "home-runs-0" / number for number in "12")
        until(lambda: "populated 0" in (second / "cgroup.events").read_text(), why="it is gone")
        for _ in range(TIDY_EACH):
            office.run("true")
        assert (first.exists(), second.exists()) == (True, False)
