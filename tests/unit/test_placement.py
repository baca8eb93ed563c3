"""Placement by labels: who may run a job, who comes first for it, and what a change touches."""

import random
from dataclasses import replace

import pytest

from common.job import Job
from tests.planned import planned
from worker.members import Member, read_member
from worker.placement import Placement
from worker.weights import slot_of, weights

SLOT = slot_of("job")
DB, HOST = ("role=db",), ("host=h1",)


def worker(name: str, room: bool = True, draining: bool = False, **labels: str) -> Member:
    """A registered worker that has these labels."""
    return Member(name, room, draining, labels)


def placement(*members: Member, me: str = "me") -> Placement:
    """A placement that has seen these."""
    made = Placement(me)
    made.seen(members)
    return made


def first(members: list[Member], where: tuple[str, ...]) -> list[str]:
    """Who thinks to be first for a job."""
    return [m.name for m in members if placement(*members, me=m.name).rank("job", where) == 0]


def test_only_workers_for_which_every_term_holds_are_ranked() -> None:
    members = [
        worker("a", role="db", disk="ssd"),
        worker("b", role="db", disk="hdd"),
        worker("c", role="web", disk="ssd"),
        worker("d"),
    ]
    assert first(members, ("role=db", "disk=ssd")) == ["a"]
    assert first(members, ("role=db", "disk!=ssd")) == ["b"]
    assert first(members, ("role!=db", "disk=ssd")) == ["c"]
    assert first(members, ("role=",)) == ["d"]
    assert first(members, ("role!=", "role!=db")) == ["c"]


@pytest.mark.parametrize("many", [2, 20])
def test_the_ranks_are_those_of_the_heaviest_however_many_there_are(many: int) -> None:
    members = [worker(f"w{n}", role="db" if n % 2 else "web") for n in range(2 * many)]
    names = [m.name for m in members if m.labels["role"] == "db"]
    seen = placement(*members)
    for slot in (0, 7_001):
        heaviest = sorted(names, key=lambda name: -weights(name)[slot])
        ranks = [placement(*members, me=name).rank_in(slot, DB) for name in heaviest[:4]]
        assert ranks == [0, 1, 2, None][: len(heaviest)]
        assert seen.order(slot, DB) == tuple(heaviest)


def test_where_nobody_may_run_a_job_all_rank_and_nobody_is_eligible() -> None:
    members = [worker("a"), worker("b", role="db", draining=True)]
    for where in (DB, HOST, ("role=x",)):
        assert len(first(members, where)) == 1
        assert not placement(*members).is_eligible(Job("job", "x", "x", where=where))
        assert placement(*members).eligible(where) == frozenset()
    assert placement(*members).is_eligible(Job("job", "x", "x"))


def test_who_has_no_room_is_ranked_only_where_none_of_its_selector_has_any() -> None:
    full = worker("a", room=False, role="db")
    assert first([full, worker("b")], DB) == ["a"]
    assert first([full, worker("b", role="db")], DB) == ["b"]
    assert set(placement(full, worker("b", role="db")).order(SLOT, DB)) == {"a", "b"}


def test_a_worker_counts_with_its_labels_before_it_is_seen() -> None:
    made = Placement("me", {"role": "db"})
    made.seen([worker("other", role="db")])
    made.registered()
    assert made.eligible(DB) == {"me", "other"}


def test_a_change_touches_only_the_selectors_and_slots_that_it_changes() -> None:
    made = placement(worker("a", host="h1"), worker("b", host="h2"), worker("c", host="h3"))
    for where in (HOST, ("host=h2",)):
        made.use(where, SLOT)
    same = [worker("b", host="h2"), worker("c", host="h3")]
    assert made.seen([worker("a", host="h1"), *same]) == {}
    assert made.seen([worker("a", host="h1", rack="r"), *same]) == {}
    touched = made.seen([worker("a", host="h9"), *same])
    assert touched == {HOST: {SLOT}}
    touched = made.seen([worker("a", host="h1"), *same])
    assert touched == {HOST: {SLOT}}


def test_one_that_comes_touches_the_slots_that_it_takes() -> None:
    members = [worker(f"w{n}", role="db") for n in range(20)]
    made = placement(*members)
    for slot in range(0, 16_384, 4):
        made.use(DB, slot)
        made.rank_in(slot, DB)
    new = [*members, worker("new", role="db")]
    ranks = placement(*new, me="new")
    takes = {slot for slot in range(0, 16_384, 4) if ranks.rank_in(slot, DB) is not None}
    assert made.seen(new)[DB] == takes
    assert made.seen(members)[DB] == takes


def test_a_selector_that_no_job_has_any_more_is_told_of_no_more() -> None:
    made = placement(worker("a", role="db"))
    made.use(DB, SLOT)
    made.use(DB, SLOT)
    made.release(DB, SLOT)
    assert DB in made.seen([])
    made.release(DB, SLOT)
    assert DB not in made.seen([worker("a", role="db")])
    assert made.eligible(DB) == {"a"}


def test_after_any_changes_all_is_as_if_it_had_been_seen_at_once() -> None:
    chance = random.Random(5)
    selectors = [DB, HOST, ("role!=db",), ("role=",), ("role=db", "host!=h1")]
    used = Placement("w1")
    for where in selectors:
        used.use(where, SLOT)
    for _ in range(40):
        members = [
            worker(
                f"w{n}", chance.random() < 0.7, chance.random() < 0.2,
                **{"role": chance.choice(["db", "web", ""]), "host": f"h{chance.randint(1, 3)}"},
            )
            for n in range(8) if chance.random() < 0.6
        ]  # fmt: skip
        before = {where: used.rank_in(SLOT, where) for where in selectors}
        touched = used.seen(members)
        fresh = placement(*members, me="w1")
        for where in selectors:
            assert used.rank_in(SLOT, where) == fresh.rank_in(SLOT, where)
            assert used.order(SLOT, where) == fresh.order(SLOT, where)
            assert where in touched or before[where] == used.rank_in(SLOT, where)


def test_unclear_labels_are_none_and_do_for_no_where() -> None:
    for value in (b'{"labels": ["a"]}', b'{"labels": {"a": 1}}', b'{"labels": {"": "x"}}'):
        member = read_member("a", value)
        assert member is not None
        assert member.unclear
        assert placement(member).eligible(("role!=db",)) == frozenset()
        assert placement(member).eligible() == {"a"}


def test_a_go_worker_s_registration_matches_nothing() -> None:
    assert read_member("10.0.0.1", b"") is None
    assert read_member("a", b'{"labels": {"role": "db"}}') == Member("a", labels={"role": "db"})


def test_who_goes_on_instead_of_this_worker_has_room_and_may_run_the_job() -> None:
    members = [worker("me"), worker("full", room=False), worker("drained", draining=True)]
    table = placement(*[replace(each, incarnation=each.name) for each in members])
    job = planned(Job("a", "true", "* * * * *"))
    assert table.whose(job, "") == ""
    assert table.whose(job, "", instead=True) == ""
    table.seen([*members, replace(worker("other"), incarnation="other.1")])
    assert table.whose(job, "") == ""
    assert table.whose(job, "", instead=True) == "other.1"
    everywhere = planned(Job("a", "true", "* * * * *", hosts="all"))
    assert table.whose(everywhere, "me", instead=True) == ""
