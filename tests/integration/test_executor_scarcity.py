"""A run for which there is no process, no descriptor or no program: said, and its thread free."""

import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.integration.executing import Desk, desk, main_process, processes_of
from tests.scarcity import no_descriptors, no_processes
from tests.waiting import stays, until
from worker.executor_setup import DESCRIPTORS_PER_RUN
from worker.executor_socket import connect


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An executor for the tests of this file."""
    with desk(tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.mark.parametrize(
    ("scarce", "why"),
    [(no_descriptors, "files open that it may have (EMFILE)"), (no_processes, "further process")],
    ids=["descriptors", "processes"],
)
def test_what_there_is_no_more_of_is_said_and_the_next_run_goes_well(
    office: Desk, scarce: Callable[[int], AbstractContextManager[None]], why: str
) -> None:
    assert office.run("true").outcome == "success"
    with scarce(office.link.pid):
        ends = [office.run("true") for _ in range(8)]
    assert {end.outcome for end in ends} == {"could_not_start"}
    assert all(end.err.startswith("could not start: ") and why in end.err for end in ends)
    assert [office.run("echo again").output for _ in range(4)] == [b"again\n"] * 4


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("echo hello\n", 0o755, "neither a program nor a script"),
        ("#!/no/such/interpreter\n", 0o755, "the interpreter that it names is not there"),
        ("#!/bin/sh\n", 0o644, "may not be executed"),
        (None, 0o755, "No such file or directory"),
    ],
    ids=["ENOEXEC", "interpreter", "EACCES", "ENOENT"],
)
def test_a_program_that_is_none_is_said_to_be_so(
    office: Desk, tmp_path: Path, text: str | None, mode: int, why: str
) -> None:
    program = tmp_path / "program"
    if text is not None:
        program.write_text(text)
        program.chmod(mode)
    end = office.run("true", shell=str(program))
    assert end.outcome == "could_not_start"
    assert end.err.startswith(f"could not start: shell {program}: ")
    assert why in end.err


def test_an_executor_raises_its_own_limit_of_open_files_and_its_commands_have_the_old_one(
    tmp_path: Path,
) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, before[1]))
    try:
        with desk(tmp_path, threads=64) as made:
            raised, hard = resource.prlimit(made.link.pid, resource.RLIMIT_NOFILE)
            end = made.run("ulimit -Sn; ulimit -Hn")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert raised > 64 * DESCRIPTORS_PER_RUN
    assert end.output.split() == [b"200", str(hard).encode()]


def test_who_connects_while_there_is_no_descriptor_is_heard_as_soon_as_there_is_one(
    tmp_path: Path,
) -> None:
    kept = ("exec sleep 100", {"on_restart": "keep"})
    with main_process(tmp_path, [kept]) as (process, [(executor, run_id)]):
        process.kill()
        process.wait()
        with no_descriptors(executor):
            connection = connect(tmp_path, 0, 30.0)
            stays(lambda: processes_of(run_id) != [], 0.3, "the executor goes on")
        with connection:
            assert connection.recv(4) != b""
        os.kill(executor, signal.SIGTERM)
        until(lambda: processes_of(run_id) == [])
