"""What dead workers owed: settled by one of the living, all of it, and nothing of the living's."""

from collections import Counter
from collections.abc import Sequence

import pytest

from common import keys
from common.owed import ENDED, NOBODY, pack
from common.record import LOST
from common.store import Outcome, Store, Transaction, delete, put
from tests.integration.claiming import T0, Worker
from tests.integration.heritage import DEAD, filed, first, look, owe, register
from worker.asks import Nudge, Recorded, Settle

MANY = 300


def test_each_key_of_a_dead_worker_is_settled_once_and_all_by_one(living: list[Worker]) -> None:
    run_keys = owe(living[0].store, MANY)
    living[0].clock.turn(31)
    for each in living:
        look(each)
    assert sorted(filed(first(living))) == sorted(run_keys)
    assert [filed(each) for each in living if each is not first(living)] == [[], []]
    outcomes = Counter(r.outcome for f in first(living).filed for r in f.records if r.lost)
    assert outcomes == {LOST: MANY}
    heir = first(living)
    heir.do(Recorded(tuple(run_keys)))
    assert heir.store.snapshot("/cron/runs/").entries == ()


def test_many_keys_are_taken_over_in_a_few_requests(living: list[Worker]) -> None:
    class Counting:
        def __init__(self, store: Store) -> None:
            self._store = store
            self.sizes: list[int] = []

        def __getattr__(self, name: str) -> object:
            return getattr(self._store, name)

        def commit_many(
            self, transactions: Sequence[Transaction], timeout: float | None = None
        ) -> list[Outcome]:
            self.sizes.append(len(transactions))
            return self._store.commit_many(transactions, timeout)

    heir = first(living)
    counting = Counting(heir.store)
    heir.claimer._committer._store = counting  # type: ignore[assignment]
    owe(heir.store, MANY)
    heir.clock.turn(31)
    look(heir)
    assert counting.sizes == [100, 100, 100]


def test_what_the_first_does_not_take_another_takes_when_it_looks_again(
    living: list[Worker],
) -> None:
    run_keys = owe(living[0].store, 5)
    others = [each for each in living if each is not first(living)]
    for seconds in (31, 1, 31):
        others[0].clock.turn(seconds)
        assert filed(others[0]) == []
        look(others[0])
    assert sorted(filed(others[0])) == run_keys
    look(others[1])
    assert filed(others[1]) == []


def test_a_worker_that_is_told_of_a_death_settles_what_was_owed_at_once(
    living: list[Worker],
) -> None:
    run_keys = owe(living[0].store, 2)
    other = next(each for each in living if each is not first(living))
    other.do(Settle("10.9.9.9.else"))
    assert filed(other) == []
    other.do(Settle(DEAD), Nudge())
    assert sorted(filed(other)) == run_keys


def test_one_that_is_not_registered_any_more_or_about_to_end_is_not_waited_for(
    living: list[Worker],
) -> None:
    store = living[0].store
    gone = living.index(first(living))
    run_keys = owe(store, 3)
    delete(store, keys.worker(f"registered.{gone}"))
    left = [each for each in living if each is not living[gone]]
    ending = living.index(first(left))
    register(living[ending], ending, draining=True)
    (last,) = [each for each in left if each is not living[ending]]
    last.clock.turn(31)
    look(last)
    assert sorted(filed(last)) == run_keys


def test_what_an_edit_left_owed_is_dealt_out_among_the_living(living: list[Worker]) -> None:
    run_keys = owe(living[0].store, MANY, NOBODY, ENDED)
    living[0].clock.turn(31)
    for each in living:
        look(each)
    assert sorted(key for each in living for key in filed(each)) == sorted(run_keys)
    for each in living:
        assert all(first(living, run_key) is each for run_key in filed(each))
    assert min(len(filed(each)) for each in living) > MANY // 10


def test_what_the_living_owe_is_theirs(living: list[Worker]) -> None:
    owe(living[0].store, 3, living[1].presence.incarnation())
    for _ in range(3):
        living[0].clock.turn(31)
        for each in living:
            each.presence.wake()
            each.presence.step()
        look(living[0])
        look(living[2])
    assert filed(living[0]) + filed(living[2]) == []


def test_what_nobody_of_ours_wrote_is_said_once_and_left_alone(
    living: list[Worker], caplog: pytest.LogCaptureFixture
) -> None:
    store, heir = living[0].store, first(living)
    owe(store, 1)
    put(store, keys.alive("strange"), b"\xff\xfe")
    put(store, keys.worker("go"), b"")
    put(store, keys.worker("strange"), b"[1]")
    put(store, keys.worker("numbered"), b'{"incarnation":7}')
    for _ in range(3):
        heir.clock.turn(31)
        look(heir)
    assert heir.claimer._sweep.malformed == 1
    said = [record.getMessage() for record in caplog.records if "left alone" in record.message]
    assert [message.split()[0] for message in said] == [keys.alive("strange")]


def test_a_run_of_the_worker_s_own_is_not_filed_for_the_dead(living: list[Worker]) -> None:
    heir = first(living)
    owe(heir.store, 1)
    claim = heir.claim()
    put(heir.store, claim.run_key, pack(claim.owed()))
    heir.clock.turn(31)
    look(heir)
    assert filed(heir) == [keys.run("job-0", keys.run_id("job-0", T0))]
    assert heir.run(claim) == claim.owed()
