"""What runs print reaches the store while somebody looks, in bounds, and goes with them."""

import random
from collections.abc import Iterator

import pytest

from common import keys
from common.live_output import LivePart, unpack
from common.store import Changes, Delete, Put, Store, Transaction, put
from tests.turned_clock import TurnedClock
from worker.live import (
    AGAIN_SECONDS,
    BYTES_PER_SECOND,
    KEPT_BYTES,
    MOST_AT_ONCE,
    REST_SECONDS,
    Live,
)
from worker.live_orders import Printed
from worker.look_news import MOST_RUNS, LookNews
from worker.orders import Ended

RUN = "nightly@1700000000000"


class Scene:
    """A worker's live output, whose steps a test makes."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, TurnedClock()
        self.told: list[tuple[str, ...]] = []
        self.live = Live(store, self.clock)
        self.live.follow = self.told.append

    def look(self, *run_ids: str) -> None:
        """Exactly these are looked at."""
        self.live.look(frozenset(run_ids))
        self.live.step()

    def prints(self, start: int, output: bytes, run_id: str = RUN) -> None:
        """A run prints."""
        self.live.hear(Printed(run_id, start, start + len(output), output))
        self.live.step()

    def parts(self, run_id: str = RUN) -> list[LivePart]:
        """What lies in the store of a run."""
        entries = self.store.snapshot(keys.outputs(run_id)).entries
        found = [unpack(run_id, entry) for entry in entries]
        assert all(entry.lease for entry in entries)
        return [part for part in found if part]


@pytest.fixture
def scene(any_store: Store) -> Iterator[Scene]:
    """One on each store."""
    made = Scene(any_store)
    yield made
    made.live.close()


def test_what_a_run_prints_lies_in_the_store_while_somebody_looks(scene: Scene) -> None:
    scene.look(RUN)
    assert scene.told == [(RUN,)]
    scene.prints(0, b"one\n")
    scene.prints(4, b"two\n")
    assert [(part.start, part.end, part.output) for part in scene.parts()] == [
        (0, 4, b"one\n"),
        (4, 8, b"two\n"),
    ]
    scene.look()
    assert scene.parts() == []
    assert scene.told[-1] == ()


def test_nothing_is_written_of_a_run_that_nobody_looks_at(scene: Scene) -> None:
    before = scene.store.snapshot("/cron/").revision
    scene.prints(0, b"one\n")
    scene.look("other@1")
    scene.prints(0, b"one\n")
    assert scene.store.snapshot("/cron/").revision == before


def test_of_two_runs_the_one_that_is_looked_at_no_more_goes(scene: Scene) -> None:
    scene.look(RUN, "other@1")
    scene.prints(0, b"one\n")
    scene.prints(0, b"1\n", "other@1")
    scene.look("other@1")
    assert scene.parts() == []
    assert len(scene.parts("other@1")) == 1


def test_of_much_output_the_newest_stays(scene: Scene) -> None:
    scene.look(RUN)
    data = random.Random(1).randbytes(65536)
    for number in range(10):
        scene.clock.turn(1.0)
        scene.prints(number * 65536, data)
    parts = scene.parts()
    assert sum(len(part.output) for part in parts) <= KEPT_BYTES
    assert [part.start // 65536 for part in parts] == [6, 7, 8, 9]


def test_all_runs_together_have_a_rate(scene: Scene) -> None:
    scene.look(RUN, "other@1")
    for number in range(30):
        scene.clock.turn(0.5)
        for run_id in (RUN, "other@1"):
            scene.prints(number * 65536, b"x" * 65536, run_id)
    room = MOST_AT_ONCE + 15 * BYTES_PER_SECOND
    assert scene.live._room >= 0
    starts = {part.start for part in scene.parts()} | {p.start for p in scene.parts("other@1")}
    assert len(starts) * 65536 < room


def test_a_part_that_is_told_again_is_kept_once(scene: Scene) -> None:
    scene.look(RUN)
    scene.prints(0, b"one\n")
    scene.prints(0, b"one\ntwo\n")
    assert [part.output for part in scene.parts()] == [b"one\ntwo\n"]


def test_executors_are_told_again_before_they_forget(scene: Scene) -> None:
    scene.look(RUN)
    scene.clock.turn(AGAIN_SECONDS)
    scene.live.step()
    assert scene.told == [(RUN,), (RUN,)]


def test_a_lease_that_ended_is_replaced(scene: Scene) -> None:
    scene.look(RUN)
    scene.prints(0, b"one\n")
    scene.store.revoke(scene.store.snapshot(keys.outputs(RUN)).entries[0].lease)
    scene.prints(4, b"two\n")  # refused, and so left out, as is what comes right after
    scene.prints(8, b"three\n")
    assert scene.parts() == []
    scene.clock.turn(REST_SECONDS)
    scene.prints(14, b"four\n")
    assert [part.start for part in scene.parts()] == [14]


def test_a_step_ends_when_it_is_woken(scene: Scene) -> None:
    scene.live.wake()
    scene.live.step()


def test_what_executors_tell_is_parted_by_what_it_is(scene: Scene) -> None:
    heard: list[object] = []
    hear = scene.live.beside(heard.append)
    ended = Ended(RUN, "success", 0, None, 1, 2, b"", 0, False, "", "", None)
    hear(ended)
    hear(Printed(RUN, 0, 0, b""))
    assert heard == [ended]


def test_a_run_is_looked_at_as_long_as_one_master_does(any_store: Store) -> None:
    told: list[frozenset[str]] = []
    news, watch = LookNews("me", told.append), any_store.watch((keys.looks("me"),))

    def then(key: str, there: bool) -> list[frozenset[str]]:
        change = Put(key, b"{}") if there else Delete(key)
        revision = any_store.commit(Transaction((), (change,))).revision
        while (heard := watch.next(60)) is not None:
            news.hear(heard)
            last = heard.changes[-1] if isinstance(heard, Changes) else heard
            if last.revision >= revision:
                break
        return told

    ours = [keys.look("me", f"host:{number}", "a/b@1") for number in range(2)]
    assert then(ours[0], True) == [frozenset({"a/b@1"})]
    assert len(then(ours[1], True)) == 1
    put(any_store, keys.look("me:2", "host:1", "c@1"), b"{}")
    put(any_store, keys.looks("me") + "nonsense", b"{}")
    assert then(keys.look("me", "host:1", "d@1"), True)[1:] == [frozenset({"a/b@1", "d@1"})]
    assert len(then(ours[0], False)) == 2
    assert then(ours[1], False)[2:] == [frozenset({"d@1"})]
    watch.cancel()


def test_no_more_runs_are_shown_than_may_be(any_store: Store) -> None:
    told: list[frozenset[str]] = []
    puts = [Put(keys.look("me", "m", f"a@{number}"), b"") for number in range(MOST_RUNS + 9)]
    any_store.commit(Transaction((), tuple(puts)))
    watch = any_store.watch((keys.looks("me"),))
    first = watch.next(60)
    assert first
    LookNews("me", told.append).hear(first)
    watch.cancel()
    assert [len(runs) for runs in told] == [MOST_RUNS]
