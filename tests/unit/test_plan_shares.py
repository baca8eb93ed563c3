"""What the plan does with a job that runs on several hosts: one row for each share of it."""

import pytest

from common import keys
from common.job import Job
from tests.desk import Desk
from tests.planned import planned
from worker.asks import Adopt, Retire
from worker.claim import missed_owed
from worker.events import Adopted, JobGone, Retired
from worker.shares import numbered_ranking


def adopt(desk: Desk, *units: str, revision: int = 1) -> None:
    """Answer the adoptions of these units with a watermark of now."""
    now = desk.clock.now_ms
    desk.plan.jobs.adopted(Adopted(dict.fromkeys(units, (revision, now))))


def asked(desk: Desk, kind: type[Adopt] | type[Retire]) -> set[str]:
    """The units about whose watermarks was asked since the last look, one by one or together."""
    asks = [each for ask in desk.asked for each in getattr(ask, "jobs", (ask,))]
    return {ask.unit for ask in asks if isinstance(ask, kind)}


def test_every_worker_claims_its_own_share_of_a_job_on_all(desk: Desk) -> None:
    desk.see("me", "one", "other")
    desk.save(hosts="all")
    assert asked(desk, Adopt) == {"a#me"}
    adopt(desk, "a#me")
    claim = desk.take().claim
    assert claim.run_id == f"a#me@{claim.plan_time}"
    assert claim.plan_time - desk.clock.now_ms <= 300


def test_a_worker_claims_the_numbered_shares_that_it_comes_first_for(desk: Desk) -> None:
    desk.see("me")
    desk.save(hosts=2)
    adopt(desk, "a#0", "a#1")
    assert desk.take().claim.share == "0"


def test_shares_beyond_the_workers_are_missed_and_their_records_say_of_how_many(desk: Desk) -> None:
    desk.see("me")
    desk.save(hosts=3, expr="0 * * * *", start_deadline_seconds=5)
    adopt(desk, "a#0", "a#1", "a#2")
    assert desk.take().claim.share == "0"
    takes = desk.settle(room=9) or desk.settle(room=9)
    assert {take.claim.share for take in takes} == {"1", "2"}
    owed = missed_owed(takes[0].claim, takes[0].missed)
    assert (owed.reason, owed.err) == (
        "no_worker",
        "only 1 of 3 workers that it is to run on were there",
    )


def test_two_shares_never_have_the_same_first_and_each_has_one() -> None:
    job = planned(Job("a", "true", "* * * * *", hosts=3))
    order = ["x", "me", "y", "z"]
    ranks = {
        (who, share): numbered_ranking(share, job, order, who).rank
        for who in order
        for share in range(3)
    }
    firsts = [who for (who, _), rank in sorted(ranks.items(), key=str) if rank == 0]
    assert sorted(firsts) == ["me", "x", "y"]
    assert {who for (who, _), rank in ranks.items() if rank == 1} == {"z"}


@pytest.mark.parametrize(("workers", "hosts"), [(2, 2), (3, 2), (4, 2), (9, 3), (5, 5), (7, 6)])
def test_every_share_has_a_first_a_second_and_a_third(workers: int, hosts: int) -> None:
    job = planned(Job("a", "true", "* * * * *", hosts=hosts))
    order = [f"w{number}" for number in range(workers)]
    for share in range(hosts):
        ranks = [numbered_ranking(share, job, order, who).rank for who in order]
        assert sorted(rank for rank in ranks if rank is not None) == list(range(min(3, workers)))
        assert ranks.index(0) == share
        assert workers == hosts or ranks.index(1) >= hosts


def test_a_share_rests_while_its_worker_drains_and_begins_anew_after_that(desk: Desk) -> None:
    desk.plan.jobs.arisen()
    desk.save(hosts="all", revision=4)
    adopt(desk, "a#me", revision=4)
    desk.asked.clear()
    desk.see("me", "other", draining=("me",))
    assert asked(desk, Retire) == {"a#me"}
    assert desk.plan.next_ms() is None
    desk.asked.clear()
    desk.see("me")
    assert not desk.asked
    desk.plan.jobs.retired(Retired({"a#me": 4}))
    assert asked(desk, Adopt) == {"a#me"}


def test_a_worker_that_stops_lets_nothing_rest(desk: Desk) -> None:
    desk.plan.jobs.arisen()
    desk.save(hosts="all")
    adopt(desk, "a#me")
    desk.asked.clear()
    desk.plan.jobs.stop()
    desk.see("me", draining=("me",))
    assert not desk.asked


def test_a_former_life_that_was_stopping_lets_nothing_rest(desk: Desk) -> None:
    desk.see("me", draining=("me",))
    desk.save(hosts="all")
    assert not desk.asked
    desk.see("me")
    assert asked(desk, Adopt) == {"a#me"}


def test_a_share_goes_on_while_the_watch_does_not_show_its_worker(desk: Desk) -> None:
    desk.save(hosts="all")
    adopt(desk, "a#me")
    desk.see("other")
    assert desk.take().claim.share == "me"


def test_a_job_that_is_to_run_elsewhere_gives_up_its_shares_and_takes_others(desk: Desk) -> None:
    desk.save(hosts="all", revision=1)
    adopt(desk, "a#me")
    desk.asked.clear()
    desk.save(hosts="any", revision=2)
    assert (asked(desk, Retire), asked(desk, Adopt)) == ({"a#me"}, {"a"})
    adopt(desk, "a", revision=2)
    assert desk.take().claim.share == ""
    desk.asked.clear()
    desk.save(hosts=2, revision=3)
    assert (asked(desk, Retire), asked(desk, Adopt)) == ({"a"}, {"a#0", "a#1"})


def test_a_deleted_job_gives_up_every_share_that_is_ours(desk: Desk) -> None:
    desk.save(hosts=2)
    adopt(desk, "a#0", "a#1")
    desk.asked.clear()
    assert desk.plan.jobs.gone(JobGone("a", 9))
    assert asked(desk, Retire) == {keys.unit("a", "0"), keys.unit("a", "1")}
    assert "a" not in desk.plan
