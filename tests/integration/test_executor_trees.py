"""The whole tree of a run ends with it, wherever its processes went; with a cgroup and without."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cgroups import delegated
from tests.integration.executing import OF_OURS, Desk, desk, processes_of, state_of
from tests.scarcity import no_descriptors
from tests.waiting import until

GRACE = 0.5
NOTE = 'echo $$ >>"$0"; exec sleep 1000'
ESCAPES = {
    "background with the pipe": f"sh -c '{NOTE}' {{file}} &",
    "a new session": f"setsid sh -c '{NOTE}' {{file}} >/dev/null 2>&1 &",
    "a double fork with closed descriptors in a new session": (
        f"setsid sh -c '(sh -c \"$1\" \"$0\" <&- >&- 2>&- &)' {{file}} '{NOTE}'"
    ),
    "one that ignores TERM and HUP": f"(trap '' TERM HUP; setsid sh -c '{NOTE}' {{file}}) &",
    "one that is stopped": "setsid sh -c 'echo $$ >>\"$0\"; kill -STOP $$' {file} &",
}
every_escape = pytest.mark.parametrize("escape", ESCAPES.values(), ids=list(ESCAPES))
SCRUBBED = f"setsid env -i sh -c '(sh -c \"$1\" \"$0\" <&- >&- 2>&- &)' {{file}} '{NOTE}'"


@pytest.fixture(scope="module", params=["cgroup", "session"])
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """An executor with a cgroup of its own to make others in, and one without."""
    home = tmp_path_factory.mktemp("executor")
    if request.param == "session":
        with desk(home) as made:
            yield made
        return
    with (
        delegated() as directory,
        desk(home, config=replace(OF_OURS, cgroup=str(directory))) as made,
    ):
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a command writes the pids of what is to be found."""
    return tmp_path / "pids"


def noted(file: Path) -> list[int]:
    """The pids in it, once there is one."""
    until(lambda: file.exists() and file.read_text().endswith("\n"), why="a pid")
    return [int(pid) for pid in file.read_text().split()]


def alive(pid: int) -> bool:
    """Whether the process lives."""
    return state_of(pid) not in ("", "Z", "X")


def waiting(escape: str, file: Path) -> str:
    """A command that leaves something behind, once that is there."""
    return f"{escape.format(file=file)}\nwhile ! [ -s {file} ]; do sleep 0.01; done; "


@every_escape
def test_what_is_left_of_a_run_ends_with_it(office: Desk, file: Path, escape: str) -> None:
    end = office.run(waiting(escape, file) + "echo done")
    assert [pid for pid in noted(file) if alive(pid)] == []
    assert (end.outcome, end.output) == ("success", b"done\n")
    assert end.reason == "left 1 process, which was ended"


@every_escape
def test_a_killed_run_leaves_nothing(office: Desk, file: Path, escape: str) -> None:
    given = office.submit(waiting(escape, file) + "exec sleep 1000", kill_grace_seconds=GRACE)
    pids = noted(file)
    office.link.kill(given.run_id, "killed by job kill")
    end = office.ended(given)
    assert [pid for pid in pids if alive(pid)] == []
    assert (end.outcome, end.reason) == ("killed", "killed by job kill")
    assert processes_of(given.run_id) == []


@every_escape
def test_a_run_that_times_out_leaves_nothing(office: Desk, file: Path, escape: str) -> None:
    command = waiting(escape, file) + "trap '' TERM; sleep 1000; sleep 1000"
    for seconds in (0.3, 3, 30):  # until it comes that far in its time, on a busy machine
        end = office.run(command, timeout_seconds=seconds, kill_grace_seconds=0.2)
        if file.exists():
            break
    assert [pid for pid in noted(file) if alive(pid)] == []
    assert (end.outcome, end.reason) == ("timeout", "")


def test_what_scrubs_its_environment_too_is_found_where_nothing_else_runs(
    office: Desk, file: Path
) -> None:
    end = office.run(waiting(SCRUBBED, file))
    assert [pid for pid in noted(file) if alive(pid)] == []
    assert end.reason == "left 1 process, which was ended"


def test_it_is_found_again_once_nothing_is_left_of_what_was_kept_or_nobodys(
    tmp_path: Path, file: Path
) -> None:
    with desk(tmp_path / "home") as office:
        office.run(waiting(ESCAPES["a new session"], file), leftovers="keep")
        (kept,) = noted(file)
        said = "a process was left while it ran, and nobody can say by which run"
        assert office.run(waiting(SCRUBBED, tmp_path / "nobodys")).reason == said
        (nobodys,) = noted(tmp_path / "nobodys")
        assert [alive(pid) for pid in (kept, nobodys)] == [True, True]
        for pid in (kept, nobodys):
            os.kill(pid, 9)
        until(lambda: not (alive(kept) or alive(nobodys)), why="their deaths")
        end = office.run(waiting(SCRUBBED, tmp_path / "found"))
        assert [pid for pid in noted(tmp_path / "found") if alive(pid)] == []
        assert end.reason == "left 1 process, which was ended"


def test_that_something_was_left_that_may_be_of_any_of_several_runs_is_said(
    tmp_path: Path, file: Path
) -> None:
    with desk(tmp_path / "home") as office:
        other = office.submit("echo up; exec sleep 1000")
        office.sleeping(other)
        said = "a process was left while it ran, and nobody can say by which run"
        assert office.run(waiting(SCRUBBED, file)).reason == said
        (pid,) = noted(file)
        office.link.kill(other.run_id, "enough")
        assert office.ended(other).reason == f"enough; {said}"
        os.kill(pid, 9)
        until(lambda: not alive(pid), why="its death")
        assert office.run("true").reason == ""


def test_a_run_has_its_grace_in_other_sessions_too(office: Desk, file: Path) -> None:
    tidy = "trap 'sleep 0.2; echo tidied; exit' TERM; echo $$ >\"$0\"; sleep 1000 & wait"
    command = f'setsid sh -c "{tidy}" {file} & exec sleep 1000'.replace("$$", r"\$\$").replace(
        '"$0"', r"\"\$0\""
    )
    given = office.submit(command, kill_grace_seconds=5)
    noted(file)
    office.link.kill(given.run_id, "killed by job kill")
    assert office.ended(given).output == b"tidied\n"


def test_leftovers_are_kept_and_counted_where_the_job_says_so(office: Desk, file: Path) -> None:
    escape = ESCAPES["a new session"]
    end = office.run(waiting(escape * 1, file) + "exit 3", leftovers="keep")
    (pid,) = noted(file)
    try:
        assert (end.outcome, end.reason) == ("failed", "left 1 process, which goes on")
        assert alive(pid)
        assert office.run("true").reason == ""
        assert alive(pid)
    finally:
        os.kill(pid, 9)


def test_what_is_kept_goes_on_when_it_prints_more_than_a_pipe_holds(
    office: Desk, file: Path
) -> None:
    over, gate = file.with_name("over"), file.with_name("gate")
    os.mkfifo(gate)
    prints = f"read _ <{gate}; head -c 300000 /dev/zero && echo on >{over}"
    command = f"echo before; setsid sh -c 'echo $$ >{file}; {prints}; exec sleep 1000' &"
    end = office.run(f"{command}\nwhile ! [ -s {file} ]; do sleep 0.01; done", leftovers="keep")
    (pid,) = noted(file)
    try:
        assert (end.output, end.reason) == (b"before\n", "left 1 process, which goes on")
        gate.write_text("go\n")
        until(over.exists, why="all is printed")
        assert alive(pid)
    finally:
        os.kill(pid, 9)


def test_a_kill_ends_also_what_would_be_kept(office: Desk, file: Path) -> None:
    escape = ESCAPES["a new session"]
    given = office.submit(waiting(escape, file) + "exec sleep 1000", leftovers="keep")
    (pid,) = noted(file)
    office.link.kill(given.run_id, "killed by job kill")
    assert office.ended(given).reason == "killed by job kill"
    assert not alive(pid)


def test_a_run_ends_only_its_own_tree(office: Desk, file: Path) -> None:
    """While one run's daemon lives another run ends, by itself and killed."""
    stays = office.submit(waiting(ESCAPES["a new session"], file) + "exec sleep 1000")
    (pid,) = noted(file)
    assert office.run("setsid sleep 1000 >/dev/null 2>&1 &").reason.startswith("left 1 process")
    victim = office.submit("sleep 1000", kill_grace_seconds=GRACE)
    office.started(victim)
    office.link.kill(victim.run_id, "killed by job kill")
    office.ended(victim)
    assert alive(pid)
    office.link.kill(stays.run_id, "killed by job kill")
    office.ended(stays)
    assert not alive(pid)


def test_a_run_of_another_fleet_by_the_same_id_is_none_of_its_tree(
    tmp_path: Path, file: Path
) -> None:
    same = {"run_id": "job@1700000000000", "kill_grace_seconds": GRACE}
    with desk(tmp_path / "ours") as ours, desk(tmp_path / "theirs") as theirs:
        victim = ours.submit("sleep 1000", environment={"FLEETCRON_FENCE": "7"}, **same)
        ours.started(victim)
        stays = theirs.submit(
            NOTE.replace('"$0"', str(file)), environment={"FLEETCRON_FENCE": "8"}, **same
        )
        (pid,) = noted(file)
        ours.link.kill(victim.run_id, "killed by job kill")
        assert ours.ended(victim).outcome == "killed"
        assert alive(pid)
        theirs.link.kill(stays.run_id, "killed by job kill")
        assert theirs.ended(stays).outcome == "killed"
        assert not alive(pid)


def test_a_run_that_closes_its_output_ends_when_it_ends(office: Desk) -> None:
    before = time.monotonic()
    end = office.run("exec >&- 2>&-; sleep 0.5; exit 4")
    assert (end.outcome, end.exit_code) == ("failed", 4)
    assert time.monotonic() - before >= 0.5


def test_short_lived_orphans_are_not_left_as_dead_processes(office: Desk) -> None:
    end = office.run("for i in 1 2 3 4 5 6 7 8; do (sleep 0 &); done; sleep 0.2")
    assert end.outcome == "success"
    office.run("true")
    until(lambda: dead_children(office.link.pid) == [], why="all are reaped")


def held_back(file: Path, count: int) -> tuple[str, Path]:
    """A command that leaves so many processes in sessions of their own, then waits for a file."""
    over = file.with_name("over")
    begin = ESCAPES["a new session"].format(file=file) * count
    return f"{begin}\nuntil [ -e {over} ]; do sleep 0.05; done", over


@pytest.mark.parametrize("how", ["killed", "by itself"])
def test_an_executor_without_a_descriptor_finds_and_ends_all_that_a_run_has(
    office: Desk, file: Path, how: str
) -> None:
    command, over = held_back(file, 8)
    given = office.submit(command, kill_grace_seconds=GRACE)
    until(lambda: file.exists() and file.read_text().count("\n") == 8, why="all are there")
    with no_descriptors(office.link.pid):
        over.touch() if how == "by itself" else office.link.kill(given.run_id, "enough")
        end = office.ended(given)
    assert [pid for pid in noted(file) if alive(pid)] == []
    said = {
        "killed": ("killed", "enough"),
        "by itself": ("success", "left 8 processes, which were ended"),
    }
    assert (end.outcome, end.reason) == said[how]
    assert office.run("echo fine").output == b"fine\n"


def dead_children(pid: int) -> list[int]:
    """The dead children of a process's main thread."""
    said = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in said if state_of(int(child)) == "Z"]
