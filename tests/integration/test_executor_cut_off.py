"""Runs that must not outlive their worker's lease: the executor ends them in time by itself."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.executing import (
    Desk,
    boot_now,
    desk,
    main_process,
    processes_of,
    programs_of,
    state_of,
)
from tests.waiting import pause, stays, until
from worker.orders import CUT_OFF, Extend

LEASE = 3.0
"""What is left of the lease when a run is handed over, seconds: it comes to speak in that time."""
NOTICE = 1.5
"""So long before its end a run is ended: the test hears of it in that time."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One executor for all tests here."""
    with desk(tmp_path_factory.mktemp("executor"), threads=8) as made:
        yield made


def test_a_run_whose_lease_is_not_renewed_is_gone_before_it_ends(office: Desk) -> None:
    ends_at = boot_now() + LEASE + NOTICE
    given = office.submit("echo so far; sleep 1000", not_after=ends_at, cut_off_seconds=LEASE)
    end = office.ended(given)
    assert ends_at - LEASE <= boot_now() < ends_at
    assert processes_of(given.run_id) == []
    assert (end.outcome, end.signal, end.output) == ("killed", signal.SIGTERM, b"so far\n")
    assert (end.err, end.reason) == (f"killed: {CUT_OFF}", CUT_OFF)


@pytest.mark.parametrize("grace", [0.3, 60.0], ids=["a short grace", "a long grace"])
def test_a_run_that_ignores_term_is_killed_when_its_lease_ends(office: Desk, grace: float) -> None:
    ends_at = boot_now() + LEASE
    given = office.submit(
        "trap '' TERM; sleep 1000 & sleep 1000; sleep 1000",
        not_after=ends_at,
        cut_off_seconds=0.3,
        kill_grace_seconds=grace,
    )
    office.sleeping(given, 2)
    end = office.ended(given)
    assert ends_at - 0.3 <= boot_now() < ends_at + 30
    assert processes_of(given.run_id) == []
    assert (end.outcome, end.signal) == ("killed", signal.SIGKILL)


def test_a_child_that_outlives_its_shell_is_killed_when_the_lease_ends(office: Desk) -> None:
    given = office.submit(
        "(trap '' TERM; sleep 1000; sleep 1000) & exec sleep 1000",
        not_after=boot_now() + LEASE,
        cut_off_seconds=0.5,
        kill_grace_seconds=60.0,
    )
    office.sleeping(given, 2)
    assert office.ended(given).signal == signal.SIGTERM
    assert processes_of(given.run_id) == []


def test_a_run_that_is_being_ended_anyway_has_no_longer_grace_than_its_lease(office: Desk) -> None:
    given = office.submit(
        "trap '' TERM; sleep 1000; true",
        not_after=boot_now() + LEASE,
        cut_off_seconds=0.2,
        kill_grace_seconds=60.0,
    )
    office.sleeping(given)
    office.link.kill(given.run_id, "on request")
    end = office.ended(given)
    assert (end.outcome, end.signal, end.reason) == ("killed", signal.SIGKILL, "on request")


def test_a_run_lives_as_long_as_its_lease_is_renewed(office: Desk) -> None:
    first = ends_at = boot_now() + LEASE

    def renewed() -> bool:
        nonlocal ends_at
        ends_at = boot_now() + LEASE
        office.link.inform(Extend("me", ends_at))
        return "sleep" in programs_of(given.run_id)

    given = office.submit("sleep 1000", not_after=first, cut_off_seconds=NOTICE)
    until(renewed, why="it runs")
    while boot_now() < first + 0.2:
        stays(renewed, 0.2)
    assert office.ended(given).outcome == "killed"
    assert ends_at - NOTICE <= boot_now() < ends_at


def test_the_renewal_of_another_incarnation_and_an_older_one_change_nothing(office: Desk) -> None:
    ends_at = boot_now() + LEASE
    given = office.submit("sleep 1000", not_after=ends_at, cut_off_seconds=NOTICE)
    office.link.inform(Extend("another", ends_at + 3600))
    office.link.inform(Extend("me", ends_at - 3600))
    office.started(given)
    assert office.ended(given).outcome == "killed"
    assert ends_at - NOTICE <= boot_now() < ends_at


def test_a_run_that_is_to_be_kept_outlives_its_lease(office: Desk, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    ends_at = boot_now() + NOTICE
    waiting = f"until [ -e {gate} ]; do sleep 0.05; done; echo kept"
    given = office.submit(waiting, not_after=ends_at)
    office.started(given)
    until(lambda: boot_now() > ends_at + 0.2)
    gate.touch()
    end = office.ended(given)
    assert (end.outcome, end.output, end.err) == ("success", b"kept\n", "")


def test_a_run_that_would_be_cut_off_at_once_is_not_started(office: Desk) -> None:
    end = office.run("true", not_after=boot_now() + 5, cut_off_seconds=10.0)
    assert end.outcome in ("not_started", "killed")
    assert all(told.run_id != end.run_id for told in office.starts)


@pytest.mark.parametrize("notice", [None, 0.1], ids=["keep", "kill"])
@pytest.mark.parametrize("first", ["the order", "the renewal"])
def test_a_run_that_waits_goes_by_the_newest_deadline_of_its_incarnation(
    office: Desk, first: str, notice: float | None
) -> None:
    incarnation = f"{first} {notice}"
    times = {
        "start_at": boot_now() + 1.8,
        "incarnation": incarnation,
        "not_after": boot_now() + 1.5,
        "cut_off_seconds": notice,
    }
    renewal = Extend(incarnation, boot_now() + 60)
    if first == "the renewal":
        office.link.inform(renewal)
    given = office.submit("echo late", **times)
    office.link.inform(renewal)
    assert office.ended(given).output == b"late\n"


def test_an_order_of_an_older_incarnation_gains_nothing_from_a_newer_ones_lease(
    office: Desk,
) -> None:
    office.link.inform(Extend("newer", boot_now() + 3600))
    end = office.run("true", incarnation="older", not_after=boot_now() - 0.01)
    assert end.outcome == "not_started"
    assert "lease" in end.reason


def test_a_run_is_cut_off_though_the_main_process_is_frozen(tmp_path: Path) -> None:
    with main_process(
        tmp_path,
        ["sleep 1000", "trap '' TERM; sleep 1000; true"],
        lease_seconds=5.0,
        cut_off_seconds=1.0,
    ) as (main, told):
        main.send_signal(signal.SIGSTOP)
        runs = [run_id for _, run_id in told]
        until(lambda: all(processes_of(run_id) for run_id in runs), why="they have begun")
        until(lambda: not any(processes_of(run_id) for run_id in runs), why="they are ended")


def test_a_run_is_cut_off_though_the_main_process_is_dead_and_its_grace_is_long(
    tmp_path: Path,
) -> None:
    with main_process(
        tmp_path,
        ["trap '' TERM; sleep 1000; true"],
        lease_seconds=4.0,
        cut_off_seconds=1.0,
        kill_grace_seconds=3600.0,
    ) as (main, told):
        main.kill()
        ((executor, run_id),) = told
        until(lambda: not processes_of(run_id), why="it is ended")
        until(lambda: state_of(executor) in ("", "Z"), why="the executor is gone")


def test_many_runs_that_wait_for_their_leases_cost_nothing(tmp_path: Path) -> None:
    with desk(tmp_path, threads=100) as crowd:
        given = [
            crowd.submit("exec sleep 1000", not_after=boot_now() + 3600, cut_off_seconds=1.0)
            for _ in range(100)
        ]
        for one in given:
            crowd.started(one)
        woken = until(lambda: settled(crowd.link.pid), why="each of its threads waits")
        stays(lambda: crowd.silent(), 1.0)
        assert voluntary_switches(crowd.link.pid) - woken < 10
        for one in given:
            crowd.link.kill(one.run_id, "enough")
        for one in given:
            crowd.ended(one)


def settled(pid: int) -> int:
    """How often its threads have gone to sleep so far; 0 while they still do."""
    before = voluntary_switches(pid)
    pause(0.2)
    return before if voluntary_switches(pid) == before else 0


def voluntary_switches(pid: int) -> int:
    """How often the process's threads have gone to sleep so far."""
    told = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status")]
    lines = [line for text in told for line in text.splitlines()]
    return sum(int(x.split()[1]) for x in lines if x.startswith("voluntary_ctxt_switches:"))
