"""What the plan does with jobs that ask for labels, when jobs and workers change."""

import pytest

from tests.desk import Desk
from worker.asks import Adopt, Retire
from worker.events import Adopted, LockHeld, WorkersSeen
from worker.members import Member

DB, WEB = ("role=db",), ("role=web",)


def see(desk: Desk, **roles: str) -> None:
    """Let the watch bring workers of these roles, by name."""
    members = tuple(Member(name, labels={"role": role}) for name, role in roles.items())
    desk.plan.jobs.ranked(WorkersSeen(members))


def adopted(desk: Desk) -> set[str]:
    """The units about whose watermarks was asked since this was asked last; they are told."""
    asks = [each for ask in desk.asked for each in getattr(ask, "jobs", (ask,))]
    wanted = [ask for ask in asks if isinstance(ask, Adopt)]
    desk.asked.clear()
    now = desk.clock.now_ms
    desk.plan.jobs.adopted(Adopted({ask.unit: (ask.job_revision, now) for ask in wanted}))
    return {ask.unit for ask in wanted}


def test_a_job_for_others_sleeps_until_it_asks_for_this_worker(desk: Desk) -> None:
    see(desk, me="db", other="web")
    desk.save(where=WEB)
    assert (adopted(desk), desk.plan.next_ms()) == (set(), None)
    desk.save(where=DB, revision=2)
    assert adopted(desk) == {"a"}
    assert not desk.take().look


@pytest.mark.parametrize("room", [1, 0])
def test_a_job_that_asks_for_others_now_is_looked_at_no_more(desk: Desk, room: int) -> None:
    see(desk, me="db", other="web")
    desk.save(where=DB)
    adopted(desk)
    desk.clock.turn(1)
    assert len(desk.takes(room)) == room
    desk.save(where=WEB, revision=2)
    assert (adopted(desk), desk.plan.next_ms(), desk.plan.crowded) == (set(), None, 0)
    desk.clock.turn(5)
    assert desk.takes() == []


def test_a_claim_that_was_under_way_then_is_not_made_again(desk: Desk) -> None:
    see(desk, me="db", other="web")
    desk.save(where=DB)
    adopted(desk)
    take = desk.take()
    desk.save(where=WEB, revision=2)
    desk.plan.held(LockHeld(take.claim))
    assert desk.plan.next_ms() is None


def test_labels_that_change_move_the_jobs_that_ask_for_them_and_no_others(desk: Desk) -> None:
    see(desk, me="web", other="web")
    for name, where in (("for-db", DB), ("for-web", WEB), ("for-any", ())):
        desk.save(name, where=where, expr="0 * * * *")
    adopted(desk)
    see(desk, me="db", other="web")
    assert adopted(desk) <= {"for-db"}
    assert desk.plan.next_ms() is not None
    see(desk, me="web", other="db")
    assert adopted(desk) == set()


def test_what_no_worker_may_run_is_missed_and_runs_when_one_comes(desk: Desk) -> None:
    see(desk, me="web")
    desk.save(where=DB, expr="* * * * *", start_deadline_seconds=5)
    adopted(desk)
    takes = desk.settle(room=9) or desk.settle(room=9)
    assert [take.missed for take in takes] == ["no_worker"]
    see(desk, me="db")
    adopted(desk)
    assert not desk.take().missed


@pytest.mark.parametrize("hosts", ["any", 2])
def test_what_is_missed_since_all_are_drained_says_by_whom(desk: Desk, hosts: str | int) -> None:
    web = Member("web", labels={"role": "web"})
    told = Member("me", draining=True, drained="drained by ann (disks)", labels={"role": "db"})
    ends = Member("other", draining=True, labels={"role": "db"})
    desk.plan.jobs.ranked(WorkersSeen((web, told, ends)))
    desk.save(name := "c", where=DB, hosts=hosts, expr="* * * * *", start_deadline_seconds=5)
    adopted(desk)
    takes = desk.settle(room=9) or desk.settle(room=9)
    said = "all that may run it took no runs: me drained by ann (disks), other draining"
    assert takes
    assert {(take.claim.name, take.missed) for take in takes} == {(name, f"no_worker: {said}")}


def test_a_job_on_all_hosts_rests_where_the_labels_are_others(desk: Desk) -> None:
    desk.plan.jobs.arisen()
    see(desk, me="db", other="web")
    desk.save(where=DB, hosts="all")
    assert adopted(desk) == {"a#me"}
    see(desk, me="web", other="web")
    assert [ask.unit for ask in desk.asked if isinstance(ask, Retire)] == ["a#me"]
    assert desk.plan.next_ms() is None


def test_numbered_shares_are_those_of_the_workers_that_match(desk: Desk) -> None:
    see(desk, me="db", one="web", other="web")
    desk.save(where=DB, hosts=2, expr="0 * * * *", start_deadline_seconds=5)
    assert adopted(desk) == {"a#0", "a#1"}
    assert desk.take().claim.share == "0"
    see(desk, me="web", one="db", other="db")
    adopted(desk)
    assert desk.plan.next_ms() is None
