"""What the plan makes of triggers: who takes one up, when, and what becomes of the others."""

from __future__ import annotations

import pytest

from common.record import NO_WORKER
from common.store import Change, Changes, Entry, Snapshot
from common.trigger import LASTS_MS, Trigger, pack
from tests.desk import Desk
from worker.asked import Asked, read_asked
from worker.asks import Take
from worker.events import (
    Dropped,
    JobGone,
    JobsSaved,
    LockHeld,
    Passed,
    Skipped,
    TriggersSeen,
    Won,
    WorkersSeen,
)
from worker.members import Member
from worker.trigger_news import TriggerNews
from worker.triggers import GONE

HOURLY = "0 * * * *"


@pytest.fixture
def desk() -> Desk:
    """A plan of a job that is not due soon."""
    made = Desk()
    made.save(expr=HOURLY)
    made.adopt()
    return made


def ask(desk: Desk, revision: int = 20, identity: str = "0f", **fields: object) -> Trigger:
    """Let the watch show a trigger that was put now."""
    now = desk.clock.now_ms
    trigger = Trigger(**({"at": now, "until": now + LASTS_MS, "by": "ann"} | fields))  # type: ignore[arg-type]
    desk.plan.triggers.seen(TriggersSeen((Asked("a", identity, revision, trigger),)))
    return trigger


def after(desk: Desk, seconds: float, room: int = 10) -> list[Take]:
    """Turn the clock by so much and look."""
    desk.clock.turn(seconds)
    return desk.takes(room)


def test_a_trigger_is_taken_up_at_once_by_who_comes_first(desk: Desk) -> None:
    trigger = ask(desk)
    assert desk.plan.next_ms() == desk.clock.now_ms
    (take,) = desk.takes()
    claim = take.claim
    assert (claim.name, claim.manual, claim.by, claim.asked) == ("a", "0f", "ann", 20)
    assert (claim.plan_time, claim.trigger, take.missed) == (trigger.at, "manual", "")
    assert claim.run_id == f"a@{trigger.at}!0f"
    assert desk.takes() == []


def test_won_it_leaves_the_table_and_moves_no_watermark(desk: Desk) -> None:
    before = desk.plan.next_ms()
    ask(desk)
    (take,) = desk.takes()
    job = desk.plan.won(Won(take.claim, 30))
    assert job is not None
    assert job.command == "true"
    assert (len(desk.plan.triggers), len(desk.plan.under_way)) == (0, 0)
    assert desk.plan.next_ms() == before


@pytest.mark.parametrize("rank", [0, 1, 2, None])
def test_others_try_a_second_later_each(desk: Desk, rank: int | None) -> None:
    names = [f"w{n}" for n in range(40)]
    for count in range(len(names)):
        desk.see("me", *names[:count])
        if desk.plan._rows.of("a")[0].rank == rank:
            break
    ask(desk)
    tried = next((s for s in range(6) if after(desk, 1 if s else 0)), None)
    assert tried == rank


def test_what_another_took_up_is_forgotten(desk: Desk) -> None:
    ask(desk)
    (take,) = desk.takes()
    desk.plan.passed(Passed(take.claim, None))
    assert len(desk.plan.triggers) == 0
    assert desk.asked == [take]


def test_a_trigger_that_goes_is_not_taken_up(desk: Desk) -> None:
    ask(desk)
    desk.plan.triggers.seen(TriggersSeen((), ("/cron/trigger/a/0f",)))
    assert desk.takes() == []
    ask(desk)
    desk.plan.triggers.seen(TriggersSeen((), whole=True))
    assert after(desk, 10) == []


@pytest.mark.parametrize("kind", [Dropped, LockHeld])
def test_a_try_that_fails_is_made_again(desk: Desk, kind: type[Dropped | LockHeld]) -> None:
    ask(desk)
    (take,) = desk.takes()
    if kind is LockHeld:
        desk.plan.held(LockHeld(take.claim))
    else:
        desk.plan.dropped(Dropped(take.claim))
    assert desk.takes() == []
    (again,) = after(desk, 1)
    assert again.claim == take.claim


def test_a_trigger_put_anew_by_hand_is_another_one(desk: Desk) -> None:
    ask(desk)
    (take,) = desk.takes()
    ask(desk, revision=25)
    desk.plan.won(Won(take.claim, 30))
    (again,) = desk.takes()
    assert again.claim.asked == 25


def test_without_room_it_waits_and_needs_no_plan_of_its_own(desk: Desk) -> None:
    ask(desk)
    assert desk.takes(room=0) == []
    (take,) = after(desk, 0.5)
    assert take.missed == ""


def test_each_takes_room_from_what_is_due(desk: Desk) -> None:
    for number in range(3):
        ask(desk, identity=f"{number}")
    assert len(desk.takes(room=2)) == 2
    assert len(after(desk, 0.5, room=10)) == 1


def test_a_trigger_for_another_worker_is_left_to_it(desk: Desk) -> None:
    desk.see("me", "other")
    ask(desk, worker="other")
    assert [take for _ in range(5) for take in after(desk, 2)] == []
    ask(desk, identity="1e", worker="me")
    assert len(desk.takes()) == 1


def test_a_trigger_for_a_host_is_left_to_its_workers(desk: Desk) -> None:
    members = (Member("me", labels={"host": "db7"}), Member("b", labels={"host": "db8"}))
    desk.plan.jobs.ranked(WorkersSeen(members))
    ask(desk, host="db8")
    assert [take for _ in range(5) for take in after(desk, 2)] == []
    ask(desk, identity="1e", host="db7")
    assert len(desk.takes()) == 1


def test_where_its_job_may_not_run_it_is_not_taken_up_but_missed(desk: Desk) -> None:
    desk.save(expr=HOURLY, revision=2, where=("role=db",))
    trigger = ask(desk)
    assert [take for _ in range(5) for take in after(desk, 2)] == []
    desk.clock.now_ms = trigger.until + 1
    (take,) = after(desk, 2)
    assert (take.missed, take.claim.job_revision) == (NO_WORKER, 2)


def test_a_draining_worker_takes_none(desk: Desk) -> None:
    desk.see("me", "other", draining=["me"])
    ask(desk)
    assert [take for _ in range(5) for take in after(desk, 2)] == []


def test_nobody_takes_it_in_time_and_it_is_missed_with_its_reason(desk: Desk) -> None:
    desk.see("me", "other")
    trigger = ask(desk, worker="other")
    desk.clock.now_ms = trigger.until + 1
    (take,) = [take for _ in range(3) for take in after(desk, 2)]
    assert take.missed == "other did not take it up in time"
    desk.plan.skipped(Skipped(take.claim, take.claim.owed()))
    assert len(desk.plan.triggers) == 0


def test_a_trigger_of_a_job_that_is_gone_is_missed_at_once(desk: Desk) -> None:
    desk.plan.jobs.gone(JobGone("a", 9))
    ask(desk)
    (take,) = desk.takes(room=0)
    assert (take.missed, take.claim.job_revision) == ("the job was deleted", 0)
    assert not take.claim.any_job


def test_a_trigger_of_a_job_that_cannot_be_read_is_missed_when_it_is_too_late(desk: Desk) -> None:
    desk.plan.jobs.gone(JobGone("a", 9, deleted=False))
    trigger = ask(desk)
    (take,) = desk.takes()
    desk.plan.dropped(Dropped(take.claim))
    desk.clock.now_ms = trigger.until + 1
    (late,) = after(desk, 2)
    assert late.claim.any_job
    assert late.missed == "the job was deleted, or cannot be read"


def test_at_a_start_it_is_too_late_for_what_the_job_says_however_late_that_is_read() -> None:
    desk = Desk(listed=False)
    ask(desk, until=desk.clock.now_ms - 1)
    desk.plan.jobs.saved(JobsSaved((), more=True))
    assert [take for _ in range(20) for take in after(desk, 2)] == []
    desk.save(expr=HOURLY, revision=2, where=("role=db",))
    (take,) = after(desk, 2)
    assert (take.missed, take.claim.job_revision) == (NO_WORKER, 2)


def test_at_a_start_a_job_is_known_to_be_gone_once_all_were_read() -> None:
    desk = Desk(listed=False)
    ask(desk, until=desk.clock.now_ms - 1)
    assert after(desk, 20) == []
    desk.plan.jobs.saved(JobsSaved(()))
    (take,) = after(desk, 2)
    assert take.missed == GONE


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("/cron/trigger/a", b"{}"),
        ("/cron/trigger/a/0f", b"nonsense"),
        ("/cron/trigger/a/0f", b"\xff"),
        ("/cron/trigger/a/!!", pack(Trigger(1, 2))),
    ],
)
def test_what_nobody_of_ours_put_is_counted_once_and_left_alone(key: str, value: bytes) -> None:
    told: list[TriggersSeen] = []
    news = TriggerNews(told.append)
    entry = Entry(key, value, 7, 7)
    good = Entry("/cron/trigger/b/1e", pack(Trigger(1, 2)), 8, 8)
    news.hear(Snapshot("/cron/trigger/", 9, (entry, good)))
    news.hear(Changes("/cron/trigger/", (Change(key, 7, entry),)))
    assert told == [TriggersSeen((read_asked(good),), whole=True)]
    assert news.malformed == 1
