"""The executor as a process: how it starts, is asked to end, loses its master, or dies."""

import os
import signal
import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.integration.executing import (
    Desk,
    boot_now,
    desk,
    main_process,
    memory_bytes,
    order,
    processes_of,
    programs_of,
    state_of,
)
from tests.waiting import until
from worker.executor_process import ExecutorError
from worker.executor_socket import hold
from worker.executor_started import StartedLink
from worker.orders import Ended, ExecutorLost


def test_each_of_two_hundred_runs_over_two_executors_ends_once(tmp_path: Path) -> None:
    with desk(tmp_path, 25, 0) as one, desk(tmp_path, 25, 1) as two:
        orders = [order(f"echo {n}; exit {n % 3}") for n in range(200)]
        for batch in range(4):
            share = orders[50 * batch : 50 * batch + 50]
            one.started_link.submit_many(share[:25])
            two.started_link.submit_many(share[25:])
            for n, given in enumerate(share, 50 * batch):
                end = (one if given in share[:25] else two).ended(given)
                assert (end.output, end.exit_code) == (b"%d\n" % n, n % 3)
        assert one.silent()
        assert two.silent()
        assert len(one.ends) == len(two.ends) == 100
        assert all(1 <= len(each.starts) <= 100 for each in (one, two))


def test_of_many_runs_that_start_at_once_those_are_told_that_last(tmp_path: Path) -> None:
    with desk(tmp_path, 40) as office:
        orders = [order("sleep 1000" if n % 2 else "true", kill_grace_seconds=0.1)
                  for n in range(40)]  # fmt: skip
        office.started_link.submit_many(orders)
        for given in orders[1::2]:
            office.started(given)
            office.link.kill(given.run_id, "enough")
        assert {office.ended(given).outcome for given in orders} == {"success", "killed"}
        assert len({told.run_id for told in office.starts}) == len(office.starts) < 40


def test_more_runs_than_threads_are_refused_and_none_of_them_is_taken(tmp_path: Path) -> None:
    with desk(tmp_path, threads=2) as office:
        first = office.submit("sleep 1000", kill_grace_seconds=0)
        with pytest.raises(ValueError, match="at most 2"):
            office.started_link.submit_many([order("true"), order("true")])
        with pytest.raises(ValueError, match="only be out once"):
            office.started_link.submit_many((first,))
        assert office.run("echo room for one").outcome == "success"
        office.link.kill(first.run_id, "enough")
        office.ended(first)


def test_an_idle_executor_ends_when_asked(tmp_path: Path) -> None:
    with desk(tmp_path) as office:
        pid = office.link.pid
        office.link.ask()
        office.link.ask()
        assert office.link.join(60)
        assert office.link.join(0.0)
        assert not Path(f"/proc/{pid}").exists()
        assert office.silent()
        with pytest.raises(ValueError, match="takes no orders"):
            office.submit("true")


def test_an_executor_that_is_asked_first_finishes_what_it_has(tmp_path: Path) -> None:
    with desk(tmp_path) as office:
        given = office.submit("sleep 0.5; echo whole")
        office.link.ask()
        assert office.link.join(60)
        assert office.ended(given).output == b"whole\n"
        assert office.lost == []


def test_a_join_past_its_deadline_ends_the_runs(tmp_path: Path) -> None:
    with desk(tmp_path) as office:
        given = office.submit("trap '' TERM; echo so far; sleep 1000; true", kill_grace_seconds=0.5)
        office.sleeping(given)
        office.link.ask()
        assert not office.link.join(0.1)
        end = office.ended(given)
        assert (end.outcome, end.signal, end.output) == ("killed", signal.SIGKILL, b"so far\n")
        assert end.reason == "the executor was told to end"
        assert processes_of(given.run_id) == []
        assert office.lost == []
        assert office.link.join(0.0)


def test_a_link_that_was_never_started_is_asked_and_joined_in_vain(tmp_path: Path) -> None:
    link = StartedLink(0, tmp_path, 2, lambda news: None)
    link.ask()
    assert link.join(60)
    assert link.join(60)
    with pytest.raises(ValueError, match="takes no orders"):
        link.submit_many((order("true"),))


def test_an_executor_that_is_killed_is_reported_with_its_runs(tmp_path: Path) -> None:
    with desk(tmp_path) as office:
        over = office.submit("true")
        office.ended(over)
        held = [office.submit("sleep 1000 & sleep 1000; true") for _ in range(3)]
        waiting = office.submit("true", start_at=boot_now() + 60)
        for given in held:
            office.sleeping(given, 2)
        os.kill(office.link.pid, signal.SIGKILL)
        news = office.hear()
        assert isinstance(news, ExecutorLost)
        assert news.number == 0
        assert sorted(news.run_ids) == sorted(given.run_id for given in [*held, waiting])
        until(lambda: not any(processes_of(given.run_id) for given in held), why="no orphans")
        late = office.submit("true")
        assert office.ended(late).outcome == "not_started"
        assert office.link.join(0.0)


def test_a_lost_executor_costs_no_run_of_the_same_id_in_another_fleet(tmp_path: Path) -> None:
    with desk(tmp_path) as office, desk(tmp_path / "other", number=1) as elsewhere:
        ours = office.submit("sleep 1000; true", environment={"FLEETCRON_FENCE": "7"})
        theirs = replace(ours, environment={"FLEETCRON_FENCE": "8"})
        elsewhere.started_link.submit_many((theirs,))
        office.sleeping(ours, 2)
        os.kill(office.link.pid, signal.SIGKILL)
        assert isinstance(office.hear(), ExecutorLost)
        assert programs_of(ours.run_id).count("sleep") == 1
        elsewhere.link.kill(ours.run_id, "the test is over")
        assert elsewhere.ended(theirs).outcome == "killed"


def test_an_executor_whose_main_process_is_killed_ends_its_runs_and_itself(tmp_path: Path) -> None:
    commands = ["sleep 1000 & sleep 1000", "trap '' TERM; sleep 1000; true"]
    with main_process(tmp_path, commands) as (main, told):
        end_main(main, told)


def test_a_frozen_main_process_does_not_keep_a_timeout_from_coming(tmp_path: Path) -> None:
    commands = ["sleep 1000", "trap '' TERM; sleep 1000; true"]
    with main_process(tmp_path, commands, timeout_seconds=1.5) as (main, told):
        main.send_signal(signal.SIGSTOP)
        for _, run_id in told:
            until(partial(gone, run_id), why="the run is ended")
        assert all(lives(executor) for executor, _ in told)
        end_main(main, told)


def test_a_socket_path_may_be_longer_than_an_address(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-directory-name"] * 5)
    with desk(deep) as office:
        assert office.run("echo fine").output == b"fine\n"
    assert deep.stat().st_mode & 0o777 == 0o700
    assert (deep / "executor-0.sock").stat().st_mode & 0o077 == 0


def test_an_executor_starts_though_the_directory_of_its_worker_was_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with desk(tmp_path / "home") as office:
        assert office.run("pwd", cwd="/usr").output == b"/usr\n"


def test_two_executors_never_share_a_number_in_one_directory(tmp_path: Path) -> None:
    place = hold(tmp_path, 0)
    link = StartedLink(0, tmp_path, 2, lambda news: None)
    with pytest.raises(ExecutorError, match="ended or was not ready"):
        link.start(0.5)
    os.close(place)
    with desk(tmp_path) as office:
        assert office.run("true").outcome == "success"


def test_more_threads_than_descriptors_allow_are_refused_at_the_start(tmp_path: Path) -> None:
    link = StartedLink(0, tmp_path, 10_000_000, lambda news: None)
    with pytest.raises(ExecutorError, match="ended or was not ready"):
        link.start(20.0)
    assert link.join(0.0)


def test_the_executor_is_a_small_process_in_a_session_of_its_own(tmp_path: Path) -> None:
    with desk(tmp_path, threads=64) as office:
        assert os.getsid(office.link.pid) == office.link.pid
        assert memory_bytes(office.link.pid) < 32 * 1024 * 1024
        heavy = ("grpc", "pymongo", "croniter", "click", "psutil", "google")
        mapped = Path(f"/proc/{office.link.pid}/maps").read_text()
        assert not [name for name in heavy if f"/{name}/" in mapped]


def test_a_runs_start_is_told_before_its_end(tmp_path: Path) -> None:
    with desk(tmp_path) as office:
        given = office.submit("true")
        assert office.started(given).run_id == given.run_id
        assert isinstance(office.hear(), Ended)
        assert office.started(given).start_ms == office.ended(given).start_ms


def test_a_desk_is_a_fresh_start(tmp_path: Path) -> None:
    """An executor that ended leaves nothing that keeps the next one from starting."""
    for _ in range(3):
        made = Desk(tmp_path)
        made.link.ask()
        assert made.link.join(60)


def end_main(main: subprocess.Popen[str], told: list[tuple[int, str]]) -> None:
    """KILL the main process, and see its executor and all runs follow."""
    main.kill()
    main.communicate()
    for executor, run_id in told:
        until(partial(gone, run_id), why="the run is ended")
        until(lambda pid=executor: not lives(pid), why="the executor is gone")  # type: ignore[misc]


def gone(run_id: str) -> bool:
    """Whether no process of the run lives."""
    return not processes_of(run_id)


def lives(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    return state_of(pid) not in ("", "Z")
