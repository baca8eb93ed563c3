"""Ends that outlive their executor, or the main process that ordered the runs: told once."""

import os
import shutil
import signal
import threading
from pathlib import Path

import pytest

from tests.integration.executing import (
    OF_OURS,
    Desk,
    desk,
    main_process,
    order,
    processes_of,
    programs_of,
    state_of,
    successor,
)
from tests.integration.whole_ends import reading
from tests.kept_ends import read_ends
from tests.waiting import until
from worker.ends_file import ends_files, frames
from worker.executor_ends import UNKNOWN, UNREAD
from worker.executor_link import News
from worker.executor_process import ExecutorError
from worker.executor_started import StartedLink
from worker.orders import Ended, ExecutorLost

KEEP = {"on_restart": "keep", "context": '{"of": "keep"}'}
END = {"context": '{"of": "end"}'}
LONG = "head -c 100000 /dev/zero | tr '\\0' x; while ! test -e {0}; do sleep 0.05; done"


def test_runs_go_on_or_end_without_their_main_process_and_the_next_one_hears_of_it_once(
    tmp_path: Path,
) -> None:
    gate = tmp_path / "gate"
    keep = LONG.format(gate) + "; echo whole; exit 7"
    commands = [(keep, KEEP), ("echo so far; exec sleep 1000", END)]
    with main_process(tmp_path, commands) as (main, told):
        (executor, kept), (_, ended) = told
        until(lambda: programs_of(ended) == ["sleep"], why="it runs")
        main.kill()
        until(lambda: not processes_of(ended), why="it was ended")
        until(lambda: list(read_ends(tmp_path, 0)), why="and that is durable")
    with successor(tmp_path) as (office, hello):
        assert [held.run_id for held in hello.running] == [kept]
        held = hello.running[0]
        assert (held.context, held.job, held.keep, held.grace) == ('{"of": "keep"}', "job", True, 1)
        assert Path(f"/proc/{held.pid}").exists()
        assert hello.ended == (ended,)
        end = office.end_of(ended)
        assert (end.outcome, end.output, end.context) == ("lost", b"so far\n", '{"of": "end"}')
        assert end.reason == "the worker's main process is gone"
        gate.touch()
        end = office.end_of(kept)
        assert (end.outcome, end.exit_code) == ("failed", 7)
        assert (len(end.output), end.output[-6:]) == (100_006, b"whole\n")
        assert end.start_ms == held.start_ms
        assert lives(executor)
        office.link.ack([kept, ended])
        until(lambda: not lives(executor), why="nothing is left for it to do")
        until(lambda: not list(tmp_path.glob("executor-*")), why="nothing is left of it")
        assert office.silent()


def test_an_executor_that_nobody_comes_back_to_ends_after_its_last_run(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with main_process(tmp_path, [(LONG.format(gate), KEEP)]) as (main, told):
        [(executor, kept)] = told
        main.kill()
        main.wait()
        assert lives(executor)
        gate.touch()
        until(lambda: not lives(executor), why="its last run is over")
    [end] = read_ends(tmp_path, 0)
    assert (end.run_id, end.outcome, end.context) == (kept, "success", KEEP["context"])
    assert len(end.output) == 100_000
    with pytest.raises(ExecutorError, match="not taken over"):
        Desk(tmp_path, starts=False).adopt(5.0)


def test_what_was_not_acknowledged_is_told_to_each_that_comes_and_runs_obey_it(
    tmp_path: Path,
) -> None:
    commands = [("exit 3", KEEP), ("exit 4", KEEP), ("sleep 1000; true", KEEP)]
    with main_process(tmp_path, commands) as (_, told):
        (executor, three), (_, four), (_, lasting) = told
        until(lambda: len(list(read_ends(tmp_path, 0))) == 2, why="two are over")
    with successor(tmp_path) as (office, hello):
        assert set(hello.ended) == {three, four}
        assert [office.end_of(run_id).exit_code for run_id in (three, four)] == [3, 4]
        office.link.ack([three])
    assert lives(executor)
    with successor(tmp_path) as (office, hello):
        assert hello.ended == (four,)
        assert [held.run_id for held in hello.running] == [lasting]
        office.link.kill(lasting, "enough")
        assert office.end_of(lasting).reason == "enough"
        assert office.end_of(four).exit_code == 4
        assert office.silent()
    until(lambda: not lives(executor), why="nothing runs and nobody is there")
    assert {end.run_id for end in read_ends(tmp_path, 0)} >= {four, lasting}


def test_an_executor_that_is_retired_ends_what_may_not_go_on_and_is_let_go_of(
    tmp_path: Path,
) -> None:
    with desk(tmp_path) as office:
        kept = office.submit("sleep 1000; true", on_restart="keep", context="{}")
        over = office.submit("sleep 1000; true", kill_grace_seconds=0.5)
        for given in (kept, over):
            office.sleeping(given)
        office.link.retire(keep=True)
        office.link.ask()
        assert office.link.join(60)
        end = office.ended(over)
        assert (end.outcome, end.reason) == ("killed", "the worker was restarted")
        assert office.silent()
        assert programs_of(kept.run_id).count("sleep") == 1
    with successor(tmp_path) as (next_office, _):
        next_office.link.retire(keep=False)
        end = next_office.ended(kept)
        assert (end.outcome, end.reason) == ("killed", "the worker was stopped")


def test_ends_that_are_durable_and_were_not_told_are_told_when_their_executor_is_dead(
    tmp_path: Path,
) -> None:
    news: list[News] = []
    gate, heard = threading.Event(), threading.Event()

    def tell(each: News) -> None:
        gate.wait(60)
        news.append(each)
        if isinstance(each, ExecutorLost):
            heard.set()

    link = StartedLink(0, tmp_path, 8, reading(tmp_path.parent, tell), OF_OURS)
    link.start(60.0)
    over = [order(f"head -c 120000 /dev/zero; exit {n}") for n in range(6)]
    going = order("sleep 1000; true")
    link.submit_many([*over, going])
    until(lambda: len(list(read_ends(tmp_path, 0))) == 6, why="their ends are durable")
    until(lambda: programs_of(going.run_id).count("sleep") == 1, why="the last one runs")
    os.kill(link.pid, signal.SIGKILL)
    gate.set()
    assert heard.wait(60)
    ends = {each.run_id: each for each in news if isinstance(each, Ended)}
    assert len(ends) == sum(isinstance(each, Ended) for each in news) == 6
    for n, given in enumerate(over):
        assert (ends[given.run_id].exit_code, len(ends[given.run_id].output)) == (n, 120_000)
    assert news[-1] == ExecutorLost(0, (going.run_id,))
    assert processes_of(going.run_id) == []
    link.ack(list(ends)[:5])
    assert ends_files(tmp_path, 0)
    link.ack(ends)
    assert not ends_files(tmp_path, 0)


def test_ends_are_told_though_the_disk_does_not_take_them(tmp_path: Path) -> None:
    with desk(tmp_path) as office:
        tmp_path.rename(gone := tmp_path.with_name(f"{tmp_path.name}-gone"))
        assert office.run("echo fine").output == b"fine\n"
        gone.rename(tmp_path)
        assert office.run("echo again").output == b"again\n"


def test_a_run_goes_on_though_an_end_before_it_cannot_be_read_for_who_comes_next(
    tmp_path: Path,
) -> None:
    gate = tmp_path / "gate"
    with main_process(tmp_path, [(LONG.format(gate), KEEP), ("exec sleep 1000", END)]) as (
        main,
        told,
    ):
        (_, kept), (_, ended) = told
        main.kill()
        until(lambda: list(read_ends(tmp_path, 0)), why="an end that nobody has heard of")
    (part,) = ends_files(tmp_path, 0)
    part.rename(part.with_suffix(".gone"))
    part.mkdir()
    with successor(tmp_path) as (office, hello):
        assert hello.ended == (ended,)
        gate.touch()
        assert office.end_of(kept).outcome == "success"
        assert office.lost == []
        part.rmdir()
        part.with_suffix(".gone").rename(part)
        office.link.ack([kept, ended])


def test_an_end_that_is_damaged_on_disk_is_told_as_lost_to_who_comes_next(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with main_process(tmp_path, [(LONG.format(gate), KEEP), ("exec sleep 1000", END)]) as (
        main,
        told,
    ):
        (executor, kept), (_, ended) = told
        main.kill()
        until(lambda: list(read_ends(tmp_path, 0)), why="an end that nobody has heard of")
    (part,) = ends_files(tmp_path, 0)
    with part.open("r+b") as file:
        file.seek(next(frames(part)).begin + 20)
        file.write(b"?")
    with successor(tmp_path) as (office, hello):
        assert hello.ended == (ended,)
        end = office.end_of(ended)
        assert (end.outcome, end.reason, end.context) == ("lost", UNREAD, UNKNOWN)
        gate.touch()
        assert office.end_of(kept).outcome == "success"
        office.link.ack([kept, ended])
        until(lambda: not lives(executor), why="nothing is left for it to do")


def test_an_executor_whose_place_is_removed_does_not_wait_for_ever_for_who_may_come(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    with main_process(home, ["sleep 1000"]) as (main, told):
        [(executor, _)] = told
        shutil.rmtree(home)
        main.kill()
        until(lambda: not lives(executor), why="nobody can come")


def lives(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    return state_of(pid) not in ("", "Z")


def test_runs_go_on_where_the_main_process_dies_while_much_is_told_to_it(tmp_path: Path) -> None:
    gate, sizes = tmp_path / "gate", range(3)
    keep = {"on_restart": "keep"}
    commands = [("sleep 1000; true", keep), *((LONG.format(gate), keep) for _ in sizes)]
    with main_process(tmp_path, commands) as (main, told):
        (executor, lasting) = told[0]
        main.send_signal(signal.SIGSTOP)
        gate.touch()
        until(lambda: len(list(read_ends(tmp_path, 0))) == len(sizes), why="they are over")
    with successor(tmp_path) as (office, hello):
        assert [held.run_id for held in hello.running] == [lasting]
        for _, run_id in told[1:]:
            assert len(office.end_of(run_id).output) == 100_000
        office.link.kill(lasting, "enough")
        assert office.end_of(lasting).reason == "enough"
        office.link.ack([run_id for _, run_id in told])
        until(lambda: not lives(executor), why="nothing is left for it to do")


def test_an_executor_without_runs_that_takes_its_time_to_end_is_none_that_is_ended_with_its_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with desk(tmp_path) as office:
        office.run("true")
        office.link.ask()
        office.link.join(0.0)
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
