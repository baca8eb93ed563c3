"""Who settles what a dead incarnation owed, and who is told of a death."""

import json
from collections import Counter

import pytest

from common.constants import JOB_WORKER_DIR, WORKER_ALIVE_DIR
from common.store import Change, Changes, Entry, Snapshot
from worker.handing import MOST, Handing
from worker.heirs import first_heir, heirs, registered
from worker.lives import Lives


@pytest.mark.parametrize(
    ("value", "incarnation"),
    [
        (b'{"incarnation":"a.1"}', "a.1"),
        (b'{"incarnation":"a.1","draining":false}', "a.1"),
        (b'{"incarnation":"a.1","draining":true}', ""),
        (b"", ""),
        (b"\xff", ""),
        (b"[1]", ""),
        (b'{"incarnation":7}', ""),
        (b"{}", ""),
    ],
)
def test_a_registration_names_the_life_that_takes_things_on(value: bytes, incarnation: str) -> None:
    assert registered(value) == incarnation


def test_heirs_are_the_registered_ones_that_live_else_all_that_live() -> None:
    assert heirs({"a.1", "b.1"}, ["b.1", "c.1", ""]) == {"b.1"}
    assert heirs({"a.1", "b.1"}, ["c.1"]) == {"a.1", "b.1"}
    assert heirs(set(), ["c.1"]) == set()


def test_the_dead_are_dealt_out_evenly_and_the_same_to_everybody() -> None:
    living = [f"10.0.0.{n}.1" for n in range(8)]
    first = {f"dead.{n}": first_heir(f"dead.{n}", living) for n in range(4000)}
    assert first == {dead: first_heir(dead, reversed(living)) for dead in first}
    shares = Counter(first.values())
    assert len(shares) == 8
    assert max(shares.values()) < 1.3 * 4000 / 8


def test_a_living_one_that_goes_hands_on_only_what_was_its_own() -> None:
    living = [f"10.0.0.{n}.1" for n in range(8)]
    for n in range(300):
        before = first_heir(f"dead.{n}", living)
        after = first_heir(f"dead.{n}", living[1:])
        assert after == before or before == living[0]


def test_nobody_is_first_where_nobody_lives_and_names_may_be_odd() -> None:
    assert first_heir("a", []) == ""
    assert first_heir("\ud800", ["\udcff", "ü"]) in ("\udcff", "ü")


class Seen:
    """What one worker's watch shows it, and what it was told."""

    def __init__(self, me: str) -> None:
        self.told: list[str] = []
        self.renounced: list[str] = []
        self.lives = Lives(lambda: me, self.told.append, self.renounced.append)

    def list(self, prefix: str, **values: bytes) -> None:
        """A listing of all keys under a prefix."""
        entries = tuple(Entry(prefix + name, value, 1, 1) for name, value in values.items())
        self.lives.hear(Snapshot(prefix, 1, entries))

    def change(self, prefix: str, **values: bytes | None) -> None:
        """Changes of keys under a prefix; None: deleted."""
        changes = tuple(
            Change(prefix + name, 2, None if value is None else Entry(prefix + name, value, 2, 1))
            for name, value in values.items()
        )
        self.lives.hear(Changes(prefix, changes))


def named(incarnation: str) -> bytes:
    """A registration."""
    return json.dumps({"incarnation": incarnation}).encode()


def fleet() -> list[Seen]:
    """Three workers that see each other, and one that will die."""
    workers = [Seen(name) for name in "abc"]
    for each in workers:
        each.list(WORKER_ALIVE_DIR, a=b"", b=b"", c=b"", dead=b"")
        each.list(JOB_WORKER_DIR, one=named("a"), two=named("b"), three=named("c"))
    return workers


def test_of_a_death_only_the_first_of_the_living_is_told() -> None:
    workers = fleet()
    for each in workers:
        each.change(WORKER_ALIVE_DIR, dead=None)
    told = {name: each.told for name, each in zip("abc", workers, strict=True) if each.told}
    assert told == {first_heir("dead", "abc"): ["dead"]}


def test_a_worker_renounces_its_own_life_when_the_store_ended_it_early() -> None:
    workers = fleet()
    for each in workers:
        each.change(WORKER_ALIVE_DIR, b=None)
    assert [each.renounced for each in workers] == [[], ["b"], []]
    assert workers[1].told == []


def test_a_death_that_went_unseen_is_told_when_the_watch_lists_again() -> None:
    heir = dict(zip("abc", fleet(), strict=True))[first_heir("dead", "abc")]
    heir.list(WORKER_ALIVE_DIR, a=b"", b=b"", c=b"")
    assert heir.told == ["dead"]
    heir.list(WORKER_ALIVE_DIR, a=b"", b=b"", c=b"")
    assert heir.told == ["dead"]


def test_who_is_not_registered_any_more_is_passed_over() -> None:
    before = first_heir("dead", "abc")
    left = [name for name in "abc" if name != before]
    for name, each in zip("abc", fleet(), strict=True):
        each.change(JOB_WORKER_DIR, **{{"a": "one", "b": "two", "c": "three"}[before]: None})
        each.change(WORKER_ALIVE_DIR, dead=None)
        assert each.told == (["dead"] if name == first_heir("dead", left) else [])


def test_a_worker_without_a_life_of_its_own_and_other_keys_say_nothing() -> None:
    nobody = Seen("")
    nobody.list(WORKER_ALIVE_DIR, dead=b"")
    nobody.change(WORKER_ALIVE_DIR, dead=None)
    assert nobody.told == []
    nobody.change("/cron/jobs/", dead=None)
    assert nobody.told == []


def handing(**handed: int) -> bytes:
    """A registration of a worker that handed over what waited there."""
    return json.dumps({"incarnation": "a", "handed": handed}).encode()


def test_who_was_handed_something_over_is_told_once_each_time() -> None:
    workers = fleet()
    for each in workers:
        for said in (handing(b=1), handing(b=1), handing(b=1, c=1), handing(b=2, c=1)):
            each.change(JOB_WORKER_DIR, one=said)
    assert [each.told for each in workers] == [[], ["b", "b"], ["c"]]


def test_a_worker_that_begins_anew_to_hand_over_is_heard_again() -> None:
    seen = Seen("b")
    seen.change(JOB_WORKER_DIR, one=handing(b=1))
    seen.change(JOB_WORKER_DIR, one=None)
    seen.change(JOB_WORKER_DIR, one=handing(b=1))
    assert seen.told == ["b", "b"]


@pytest.mark.parametrize("value", [b'{"handed"', b'{"handed": 3}', b'{"handed": {"b": "x"}}'])
def test_who_says_nothing_clear_of_what_it_handed_over_has_handed_nothing(value: bytes) -> None:
    seen = Seen("b")
    seen.change(JOB_WORKER_DIR, one=value)
    assert seen.told == []


def test_of_very_many_to_whom_was_handed_over_the_latest_are_told() -> None:
    said: list[int] = []
    told = Handing(lambda: said.append(1))
    for number in range(MOST + 5):
        told.note(f"to {number}")
    told.note("to 50")
    assert len(said) == MOST + 6
    assert len(told.counts) == MOST
    assert told.counts["to 50"] == 2
    assert "to 4" not in told.counts
