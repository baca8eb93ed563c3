"""What is caught up of an absence, and for how long."""

from tests.desk import Desk
from worker.choice import BEHIND
from worker.claim import Claim
from worker.events import Adopted, Won


def test_catching_up_ends_after_its_limit_however_long_its_runs_take(desk: Desk) -> None:
    desk.save(expr="*/2 * * * * * *", catch_up="all", catch_up_limit=3, start_deadline_seconds=5)
    desk.plan.jobs.adopted(Adopted({"a": (1, desk.clock.now_ms - 60_000)}))
    back = desk.clock.now_ms
    caught_up: list[Claim] = []
    on_time: list[Claim] = []
    while len(on_time) < 3:
        claim = desk.take().claim
        (caught_up if claim.caught_up else on_time).append(claim)
        desk.clock.turn(4 if claim.caught_up else 0)
        desk.plan.won(Won(claim, 9))
    assert [claim.plan_time < back - 5000 for claim in caught_up] == [True] * 3
    assert caught_up[0].gap is not None
    gaps = [claim.gap.reason for claim in on_time if claim.gap]
    assert gaps == [BEHIND] * len(gaps)
    assert gaps
    plans = [claim.plan_time for claim in (*caught_up, *on_time)]
    counts = [claim.gap.count if claim.gap else 0 for claim in (*caught_up, *on_time)]
    owed = range(1_799_999_942_000, plans[-1] + 1, 2000)
    assert sum(counts) + len(plans) == len(owed)


def test_an_absence_after_the_next_is_caught_up_anew(desk: Desk) -> None:
    desk.save(expr="*/2 * * * * * *", catch_up="all", catch_up_limit=2, start_deadline_seconds=5)
    desk.plan.jobs.adopted(Adopted({"a": (1, desk.clock.now_ms - 60_000)}))
    for _ in range(2):
        caught_up = 0
        while (claim := desk.take().claim).plan_time < desk.clock.now_ms - 1000:
            caught_up += claim.caught_up
            desk.plan.won(Won(claim, 9))
        assert caught_up == 2
        desk.plan.won(Won(claim, 9))
        desk.clock.turn(60)
