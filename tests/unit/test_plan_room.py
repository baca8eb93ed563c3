"""Jobs that wait in line for room, or for a worker that may run them."""

from typing import Any

import pytest

from common.owed_record import owed_records
from common.record import NO_SLOT, NO_WORKER
from tests.desk import Desk
from worker.choice import TOO_LATE
from worker.claim import missed_owed
from worker.events import Adopted, JobGone, Skipped, Untaken


def test_without_room_jobs_wait_in_line_oldest_first(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        desk.save(name)
        desk.adopt(name)
    desk.clock.turn(2)
    assert [take.claim.name for take in desk.takes(room=1)] == ["a"]
    assert desk.takes(room=0) == []
    assert [take.claim.name for take in desk.takes(room=9)] == ["b", "c"]


def test_a_job_waits_in_line_once_however_often_workers_come_and_go(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.clock.turn(2)
    assert desk.takes(room=0) == []
    for names in (("other",), ("me",)) * 3:
        desk.see(*names)
        desk.adopt()
        desk.clock.turn(1)
        assert desk.takes(room=0) == []
    assert desk.plan.crowded == 1
    assert len(desk.takes(room=9)) == 1


def test_what_is_only_recorded_needs_no_room(desk: Desk) -> None:
    desk.save()
    desk.save("rare", expr="0 0 * * *")
    for name in ("a", "rare"):
        desk.plan.jobs.adopted(Adopted({name: (1, desk.clock.now_ms - 86_400_000)}))
    takes = desk.takes(room=0)
    assert {take.claim.name: take.missed for take in takes} == {"a": TOO_LATE, "rare": TOO_LATE}


DEADLINE = 5000
FIRST = 1_800_000_001_000


def crowd(desk: Desk, **fields: Any) -> None:
    """A job due every second that finds no room."""
    desk.save(start_deadline_seconds=DEADLINE / 1000, **fields)
    desk.adopt()
    desk.clock.turn(1)
    assert desk.takes(room=0) == []


def test_an_instant_that_waited_for_room_in_vain_is_missed_when_its_deadline_passes(
    desk: Desk,
) -> None:
    crowd(desk)
    for place in range(3):
        (take,) = desk.settle()
        assert desk.settle() == []
        assert desk.clock.now_ms == FIRST + place * 1000 + DEADLINE + 1
        assert take.claim.plan_time == FIRST + place * 1000
        assert take.missed == NO_SLOT
        assert take.claim.gap is None
    assert desk.plan.crowded == 1


def test_the_reason_of_no_slot_is_a_code_and_its_error_a_sentence(desk: Desk) -> None:
    crowd(desk)
    desk.clock.turn(3600)
    (take,) = desk.settle()
    owed = missed_owed(take.claim, take.missed)
    for record in owed_records("a", take.claim.run_id, owed):
        assert record.reason == NO_SLOT
        assert record.err == "no worker had room before its start deadline"


def test_what_is_recorded_while_it_waits_keeps_the_job_s_place_in_line(desk: Desk) -> None:
    crowd(desk)
    desk.save("late", expr="*/2 * * * * * *")
    desk.adopt("late")
    desk.clock.turn(2)
    assert desk.takes(room=0) == []
    desk.clock.turn(DEADLINE / 1000)
    (missed,) = desk.takes(room=0)
    assert missed.missed == NO_SLOT
    assert [take.claim.name for take in desk.takes(room=1)] == ["late"]
    desk.plan.skipped(Skipped(missed.claim, missed_owed(missed.claim, missed.missed)))
    assert [take.claim.name for take in desk.takes(room=1)] == ["a"]


def test_a_daily_job_that_waited_in_vain_stands_in_line_no_more(desk: Desk) -> None:
    desk.save(expr="0 0 * * *")
    midnight = 1_800_057_600_000
    desk.clock.now_ms = midnight - 1000
    desk.adopt()
    desk.clock.now_ms = midnight
    assert desk.takes(room=0) == []
    assert desk.plan.crowded == 1
    (take,) = desk.settle()
    assert (take.claim.plan_time, take.missed) == (midnight, NO_SLOT)
    assert desk.plan.crowded == 0
    assert desk.plan.next_ms() == midnight + 86_400_000 - 300


def test_the_second_records_what_found_no_room_after_the_first(desk: Desk) -> None:
    desk.see("me", "other", full={"me", "other"})
    ranks = {}
    for name in map("job-{}".format, range(20)):
        desk.save(name, expr="0 0 * * *")
        desk.plan.jobs.adopted(Adopted({name: (1, 1_800_057_599_000)}))
        desk.clock.now_ms = 1_800_057_602_000
        for look in desk.takes(room=0):
            desk.plan.untaken(Untaken(look.claim))
        assert desk.takes(room=0) == []
        at = desk.plan.next_ms()
        assert at is not None
        ranks[name] = at - 1_800_057_600_000 - 60_001
        desk.plan.jobs.gone(JobGone(name, 9))
    assert set(ranks.values()) == {0, 1000}


def test_what_others_take_waits_in_line_no_more(desk: Desk) -> None:
    crowd(desk)
    desk.see("me", "other", full={"me"})
    assert desk.plan.crowded == 0
    desk.clock.turn(3600)
    assert desk.takes(room=9) == []


def test_a_lease_that_ended_while_a_job_waited_is_not_called_a_lack_of_room(desk: Desk) -> None:
    crowd(desk)
    standing, desk.standing = desk.standing, None
    desk.clock.turn(60)
    assert desk.takes(room=1) == []
    desk.standing = standing
    desk.clock.turn(2)
    (take,) = desk.takes(room=1)
    assert take.claim.gap is not None
    assert take.claim.gap.reason == TOO_LATE


@pytest.mark.parametrize(("policy", "limit"), [("latest", 10), ("all", 3)])
def test_what_is_caught_up_waits_for_room_and_the_rest_is_recorded(
    desk: Desk, policy: str, limit: int
) -> None:
    crowd(desk, catch_up=policy, catch_up_limit=limit)
    kept = {"latest": 1, "all": limit}[policy]
    recorded: list[int] = []
    while len(recorded) < 4:
        recorded += [take.claim.plan_time for take in desk.settle()]
    assert recorded == [FIRST + 1000 * place for place in range(4)]
    assert desk.clock.now_ms == recorded[-1] + kept * 1000 + DEADLINE + 1
    (take,) = desk.takes(room=1)
    assert take.claim.caught_up
    assert take.claim.plan_time == recorded[-1] + 1000


def test_what_is_caught_up_waits_no_longer_than_its_window(desk: Desk) -> None:
    desk.save(expr="0 * * * *", catch_up="latest", catch_up_window_seconds=120)
    hour = 1_800_003_600_000
    desk.clock.now_ms = hour - 1000
    desk.adopt()
    desk.clock.now_ms = hour
    assert desk.takes(room=0) == []
    assert desk.settle() == []
    (take,) = desk.settle()
    assert (take.claim.plan_time, take.missed) == (hour, NO_SLOT)
    assert desk.clock.now_ms == hour + 120_001


def test_where_no_worker_may_run_it_an_instant_is_missed_when_its_deadline_passes(
    desk: Desk,
) -> None:
    desk.see("me", draining={"me"})
    desk.save(start_deadline_seconds=5)
    desk.adopt()
    desk.clock.turn(1)
    assert desk.takes(room=9) == []
    (take,) = desk.settle(room=9)
    said = "all that may run it took no runs: me draining"
    assert (take.claim.plan_time, take.missed) == (FIRST, f"{NO_WORKER}: {said}")
    assert desk.clock.now_ms == FIRST + 5001
    (record,) = owed_records("a", take.claim.run_id, missed_owed(take.claim, take.missed))
    assert (record.reason, record.err) == (NO_WORKER, said)


def test_a_worker_that_comes_back_within_the_deadline_runs_what_waited(desk: Desk) -> None:
    desk.see("me", draining={"me"})
    desk.save()
    desk.adopt()
    desk.clock.turn(3)
    assert desk.takes(room=9) == []
    desk.see("me")
    (take,) = desk.takes(room=9)
    assert (take.claim.plan_time, take.missed) == (FIRST, "")


def test_draining_workers_leave_jobs_to_those_that_are_not(desk: Desk) -> None:
    desk.see("me", "other", draining={"me"})
    desk.save()
    desk.clock.turn(120)
    assert desk.takes(room=9) == []
