"""Kills and timeouts: the whole group goes, in time, and never another run's."""

import os
import random
import signal
import time
from collections.abc import Iterator

import pytest

from tests.integration.executing import Desk, boot_now, desk, order, processes_of, state_of
from tests.waiting import pause, until

GRACE = 1.0


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One executor for all tests here."""
    with desk(tmp_path_factory.mktemp("executor"), threads=8) as made:
        yield made


@pytest.mark.parametrize(
    ("command", "sleeps"),
    [
        ("echo so far; sleep 1000 & sleep 1000", 2),
        ("trap '' TERM; echo so far; sleep 1000 & sleep 1000; sleep 1000", 2),
        ("echo so far; (trap '' TERM; sleep 1000) & exec sleep 1000", 2),
        ("echo so far; exec >&- 2>&-; trap '' TERM; sleep 1000; sleep 1000", 1),
    ],
    ids=["background", "ignores TERM", "a child ignores TERM", "closed output"],
)
def test_a_killed_run_is_gone_with_all_its_processes(
    office: Desk, command: str, sleeps: int
) -> None:
    given = office.submit(command, kill_grace_seconds=GRACE)
    office.sleeping(given, sleeps)
    asked = time.monotonic()
    office.link.kill(given.run_id, "killed by job kill")
    end = office.ended(given)
    assert time.monotonic() - asked < GRACE + 20.0
    assert processes_of(given.run_id) == []
    assert (end.outcome, end.reason, end.output) == ("killed", "killed by job kill", b"so far\n")
    assert end.signal in (signal.SIGTERM, signal.SIGKILL)
    assert end.err in ("signal: terminated", "signal: killed")


def test_a_stopped_run_can_be_killed_too(office: Desk) -> None:
    given = office.submit("trap 'echo woken; exit 5' TERM; kill -STOP $$")
    until(lambda: state_of(office.started(given).pid) == "T", why="it is stopped")
    office.link.kill(given.run_id, "killed by job kill")
    end = office.ended(given)
    assert (end.outcome, end.exit_code, end.output) == ("killed", 5, b"woken\n")


def test_a_command_that_tidies_up_after_term_has_its_grace(office: Desk) -> None:
    given = office.submit("trap 'sleep 0.5; echo tidied; exit 0' TERM; echo up; sleep 1000 & wait")
    office.sleeping(given)
    office.link.kill(given.run_id, "killed by job kill")
    end = office.ended(given)
    assert (end.outcome, end.exit_code, end.err) == ("killed", 0, "exit status 0")
    assert end.output.endswith(b"tidied\n")


@pytest.mark.parametrize("again", [False, True], ids=["first", "later"])
def test_a_kill_at_once_leaves_no_grace_or_no_more_of_it(office: Desk, again: bool) -> None:
    given = office.submit("trap '' TERM; echo up; sleep 1000; sleep 1000", kill_grace_seconds=600)
    office.sleeping(given)
    if again:
        office.link.kill(given.run_id, "the first reason")
        office.link.kill(given.run_id, "another")
    office.link.kill(given.run_id, "the last reason", at_once=True)
    end = office.ended(given)
    assert (end.outcome, end.output) == ("killed", b"up\n")
    assert end.reason == ("the first reason" if again else "the last reason")


def test_a_child_that_tidies_up_after_its_shell_died_has_its_grace_too(office: Desk) -> None:
    tidy = "trap 'sleep 0.5; echo tidied; exit 0' TERM; echo up; sleep 1000 & wait"
    given = office.submit(f'sh -c "{tidy}"; true')
    office.sleeping(given)
    office.link.kill(given.run_id, "killed by job kill")
    end = office.ended(given)
    assert (end.outcome, end.signal) == ("killed", signal.SIGTERM)
    assert end.output.endswith(b"tidied\n")


def test_a_run_past_its_timeout_ends_as_a_timeout(office: Desk) -> None:
    given = office.submit(
        "trap '' TERM; echo so far; sleep 1000 & sleep 1000",
        timeout_seconds=1.5,
        kill_grace_seconds=0.5,
    )
    end = office.ended(given)
    assert (end.outcome, end.err, end.reason) == ("timeout", "timed out after 1.5 s", "")
    assert (end.output, end.signal) == (b"so far\n", signal.SIGKILL)
    assert 2000 <= end.end_ms - end.start_ms < 20_000
    assert processes_of(given.run_id) == []


def test_a_run_within_its_timeout_knows_nothing_of_it(office: Desk) -> None:
    assert office.run("sleep 0.1", timeout_seconds=30).outcome == "success"


def test_a_grace_of_nothing_is_a_kill_at_once(office: Desk) -> None:
    given = office.submit("trap '' TERM; echo up; sleep 1000; true", kill_grace_seconds=0)
    office.sleeping(given)
    office.link.kill(given.run_id, "now")
    assert office.ended(given).signal == signal.SIGKILL


def test_a_run_killed_before_its_instant_never_starts(office: Desk) -> None:
    given = office.submit("true", start_at=boot_now() + 60)
    office.link.kill(given.run_id, "killed by job kill")
    end = office.ended(given)
    assert (end.outcome, end.reason) == ("not_started", "killed by job kill")
    assert (end.err, end.exit_code, end.signal) == ("not started: killed by job kill", None, None)
    assert end.start_ms == end.end_ms
    assert all(told.run_id != given.run_id for told in office.starts)


def test_a_kill_right_behind_the_order_ends_the_run_or_keeps_it_from_starting(
    office: Desk,
) -> None:
    given = order("sleep 1000", kill_grace_seconds=GRACE)
    office.started_link.submit_many((given,))
    office.link.kill(given.run_id, "killed by job kill")
    assert office.ended(given).outcome in ("killed", "not_started")
    assert processes_of(given.run_id) == []


def test_a_kill_of_a_run_that_is_over_or_unknown_hits_nothing(office: Desk) -> None:
    old = office.submit("true")
    office.ended(old)
    new = [office.submit("sleep 0.5; echo whole") for _ in range(8)]
    for _ in range(5):
        office.link.kill(old.run_id, "too late")
        office.link.kill("nobody@1", "never was")
    assert [office.ended(given).output for given in new] == [b"whole\n"] * 8


def test_late_kills_never_hit_the_next_run_of_the_same_thread(office: Desk) -> None:
    """Every kill is aimed at a victim about to end; the bystander behind it must not feel it."""
    rng = random.Random(29)
    for _ in range(40):
        victims = [office.submit("sleep 0.02", kill_grace_seconds=GRACE) for _ in range(4)]
        until_ends = [office.submit("sleep 0.05; echo whole") for _ in range(4)]
        for victim in rng.sample(victims, 4):
            office.link.kill(victim.run_id, "killed by job kill")
        assert {office.ended(victim).outcome for victim in victims} <= {
            "killed",
            "not_started",
            "success",
        }
        assert {office.ended(given).output for given in until_ends} == {b"whole\n"}


def test_a_run_that_is_called_off_before_its_instant_never_starts(office: Desk) -> None:
    given = office.submit("echo whole", start_at=boot_now() + 60)
    office.link.call_off(given.run_id, "the job was deleted")
    end = office.ended(given)
    assert (end.outcome, end.reason, end.output) == ("not_started", "the job was deleted", b"")


def test_a_run_that_is_called_off_never_starts_or_goes_on_to_its_end(office: Desk) -> None:
    """What begins meanwhile is not told to have begun when it is called off."""
    rng = random.Random(30)
    ends = []
    for _ in range(15):
        at = boot_now() + 0.05
        runs = [office.submit("sleep 0.05; echo whole", start_at=at) for _ in range(4)]
        pause(rng.uniform(0.03, 0.09))
        for given in runs:
            office.link.call_off(given.run_id, "the job was deleted")
        ends += [office.ended(given) for given in runs]
    outcomes = {(end.outcome, end.output) for end in ends}
    assert outcomes <= {("success", b"whole\n"), ("not_started", b"")}
    assert ("success", b"whole\n") in outcomes


def test_a_run_that_was_called_off_too_late_can_still_be_killed(office: Desk) -> None:
    given = office.submit("sleep 1000")
    office.sleeping(given)
    office.link.call_off(given.run_id, "the job was deleted")
    office.link.kill(given.run_id, "killed by job kill")
    assert (office.ended(given).outcome, office.ends[given.run_id].reason) == (
        "killed", "killed by job kill",
    )  # fmt: skip


def test_the_first_of_two_kills_gives_the_reason(office: Desk) -> None:
    given = office.submit("sleep 1000")
    office.started(given)
    office.link.kill(given.run_id, "the first")
    office.link.kill(given.run_id, "the second")
    assert office.ended(given).reason == "the first"


def test_a_run_that_ignores_term_does_not_hold_up_the_others(office: Desk) -> None:
    slow = office.submit("trap '' TERM; echo up; sleep 1000; true", kill_grace_seconds=600)
    office.sleeping(slow)
    office.link.kill(slow.run_id, "killed by job kill")
    assert office.run("echo quick").output == b"quick\n"
    assert slow.run_id not in office.ends
    os.killpg(office.started(slow).pid, signal.SIGKILL)
    assert office.ended(slow).outcome == "killed"
