"""What waits is gone on with at once by who takes it over, and not when it looks again."""

from collections.abc import Sequence
from dataclasses import replace

from common import keys
from common.errors import StoreLost
from common.owed import ENDED, RUNNING, WAITING, Owed, pack
from common.record import FAILED
from common.store import Outcome, Store, Transaction, put
from tests.integration.claiming import T0, Worker
from tests.integration.heritage import DEAD, filed, first, look, owe
from worker.asks import End, Settle, Turn, Turns
from worker.events import Found
from worker.finish import Finish
from worker.retrying import Retry
from worker.waits import Waits


class Forgetful:
    """A store that does what it is asked, but whose first answers to many at once are lost."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.lost = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit_many(
        self, transactions: Sequence[Transaction], timeout: float | None = None
    ) -> list[Outcome]:
        """As the store does; StoreLost the first time."""
        outcomes = self._store.commit_many(transactions, timeout)
        if not self.lost:
            self.lost += 1
            raise StoreLost("its answer is lost")
        return list(outcomes)


def test_what_waited_goes_on_at_once_though_the_answer_to_its_taking_over_is_lost(
    living: list[Worker],
) -> None:
    heir = first(living)
    owe(heir.store, 1, state=WAITING)
    running = Owed(RUNNING, DEAD, T0, 0, 3, rerun_ms=0)
    put(heir.store, keys.run("again", f"again@{T0}"), pack(running))
    heir.claimer._committer._store = Forgetful(heir.store)  # type: ignore[assignment]
    heir.clock.turn(31)
    look(heir)
    waits = [event.claim.run_id for event in heir.heard if isinstance(event, Waits)]
    assert sorted(waits) == [f"again@{T0}+1", f"job-0@{T0}"]
    assert filed(heir) == [keys.run("again", f"again@{T0}")]


def test_a_retry_after_an_end_that_came_after_the_lease_is_gone_on_with_at_once(
    living: list[Worker],
) -> None:
    one = living[0]
    dead = Owed(RUNNING, DEAD, T0, 0, 3)
    key, run_id = keys.run("late", f"late@{T0}"), f"late@{T0}"
    put(one.store, key, pack(dead))
    entry = one.store.get(key)
    assert entry
    again = replace(dead, state=WAITING, attempt=1, delay_ms=0)
    retry = Retry("late", f"{run_id}+1", again)
    ended = replace(dead, state=ENDED, outcome=FAILED)
    one.presence.wake()
    one.presence.step()
    finish = Finish("late", "late", run_id, DEAD, entry.revision, ended, retry)
    heard = one.do(End(finish, unlock=False))
    assert [event.claim.run_id for event in heard if isinstance(event, Waits)] == [f"{run_id}+1"]


def test_what_is_handed_over_is_said_to_its_new_owner(living: list[Worker]) -> None:
    one, other = living[:2]
    me, to = one.presence.incarnation(), other.presence.incarnation()
    (key,) = owe(one.store, 1, holder=me, state=WAITING)
    entry = one.store.get(key)
    assert entry
    claim = replace(one.claim(name="job-0"), plan_time=T0)
    owed = Owed(WAITING, me, T0, 0, 3)
    one.do(Turns((Turn(claim, entry.revision, owed, to),)))
    assert one.presence.handing.counts == {to: 1}
    other.do(Settle(to))
    assert [type(event) for event in other.heard] == [Found]
