"""What a worker makes of its former life's incarnation, which the store may have kept alive."""

from dataclasses import replace
from pathlib import Path

import pytest

from common import keys, lock
from common.owed import ENDED, Owed, pack
from common.record import SUCCESS
from common.store import Put, Store, Transaction, delete, put
from tests.integration.presenting import IDENTITY
from tests.turned_clock import TurnedClock
from worker.claim import claim_of, lock_value
from worker.events import Event, Inherited
from worker.presence import Presence
from worker.pulse import Pulse
from worker.standing import Standing
from worker.state import StateFile

T = 1_800_000_000_000


class Life:
    """One life of a worker: a presence over the state that its directory holds."""

    def __init__(self, store: Store, directory: Path) -> None:
        self.heard: list[Event] = []
        file = StateFile(directory, IDENTITY.name)
        clock = TurnedClock()
        self.pulse = Pulse(clock, 30)
        self.presence = Presence(
            store, clock, IDENTITY, 30, 10, self.heard.append, pulse=self.pulse, file=file
        )

    def step(self) -> Standing | None:
        """Let it keep its leases once; its standing then."""
        self.presence.wake()
        self.presence.step()
        return self.presence.holds()

    def inherited(self) -> Inherited:
        """What it told of its former life, before anything else."""
        assert isinstance(self.heard[0], Inherited)
        return self.heard[0]


def running(store: Store, standing: Standing, name: str, locks: bool) -> tuple[str, int]:
    """A run that was claimed in this standing; its id and its fence."""
    owed = Owed("running", standing.incarnation, T, 0, 3, command="true")
    claim = replace(claim_of(name, keys.run_id(name, T), owed, locks), lease=standing.lease)
    puts = [Put(claim.run_key, pack(owed))]
    if locks:
        puts.append(Put(keys.lock(name), lock_value(claim), standing.lease))
    return claim.run_id, store.commit(Transaction((), tuple(puts))).revision


def begun(store: Store, directory: Path) -> Standing:
    """A life that stood once and was then killed."""
    standing = Life(store, directory).step()
    assert standing
    return standing


def test_a_life_that_was_killed_is_gone_on_with(any_store: Store, tmp_path: Path) -> None:
    former = begun(any_store, tmp_path)
    alive = any_store.get(keys.alive(former.incarnation))
    life = Life(any_store, tmp_path)
    standing = life.step()
    assert standing
    assert (standing.incarnation, standing.lease) == (former.incarnation, former.lease)
    assert any_store.get(keys.alive(former.incarnation)) == alive
    assert life.inherited() == Inherited()
    life.presence.close()
    assert any_store.snapshot("/cron/").entries == ()


def test_the_locks_that_a_former_life_kept_after_their_runs_go(
    any_store: Store, tmp_path: Path
) -> None:
    former = begun(any_store, tmp_path)
    mine, others = (lock.kept(f"j@{T}", who) for who in (former.incarnation, "another.1"))
    put(any_store, keys.lock("j"), mine, former.lease)
    put(any_store, keys.lock("k"), others, former.lease)
    running(any_store, former, "held", locks=True)
    Life(any_store, tmp_path).step()
    left = [entry.key for entry in any_store.snapshot("/cron/lock/").entries]
    assert left == [keys.lock("held"), keys.lock("k")]


def test_its_runs_are_inherited_with_their_fences_and_locks(
    any_store: Store, tmp_path: Path
) -> None:
    former = begun(any_store, tmp_path)
    locked = running(any_store, former, "locked", locks=True)
    free = running(any_store, former, "free", locks=False)
    other = replace(former, incarnation="another.1")
    running(any_store, other, "others", locks=False)
    ended = Owed(ENDED, former.incarnation, T, 0, 3, outcome=SUCCESS)
    put(any_store, keys.run("done", keys.run_id("done", T)), pack(ended))
    put(any_store, "/cron/runs/odd/odd@1", b"{garbage")
    life = Life(any_store, tmp_path)
    life.step()
    found = {claim.run_id: (fence, claim.locks) for claim, fence in life.inherited().runs}
    assert found == {locked[0]: (locked[1], True), free[0]: (free[1], False)}
    life.presence.close()


def test_a_lock_that_another_holds_by_now_is_not_inherited(
    any_store: Store, tmp_path: Path
) -> None:
    former = begun(any_store, tmp_path)
    running(any_store, former, "a", locks=True)
    put(any_store, keys.lock("a"), b"a@1 another.1")
    life = Life(any_store, tmp_path)
    life.step()
    assert [claim.locks for claim, _ in life.inherited().runs] == [False]
    life.presence.close()


@pytest.mark.parametrize("gone", ["lease", "alive key", "state"])
def test_what_cannot_be_gone_on_with_is_begun_anew(
    any_store: Store, tmp_path: Path, gone: str
) -> None:
    former = begun(any_store, tmp_path)
    run_id, fence = running(any_store, former, "a", locks=True)
    running(any_store, replace(former, incarnation="another.1"), "b", locks=False)
    if gone == "lease":
        any_store.revoke(former.lease)
    elif gone == "alive key":
        delete(any_store, keys.alive(former.incarnation))
    else:
        StateFile(tmp_path, IDENTITY.name).remove()
    life = Life(any_store, tmp_path)
    standing = life.step()
    if gone == "state":
        assert standing is None, "its former life is another worker to it"
        registered = any_store.get(keys.worker(IDENTITY.name))
        assert registered
        any_store.revoke(registered.lease)
        standing = life.step()
    assert standing
    assert standing.incarnation != former.incarnation
    assert life.inherited() == Inherited(strays=((run_id, ("a", fence)),))
    life.presence.close()


@pytest.mark.parametrize("why", ["runs are left", "the scheduler died"])
def test_a_life_that_leaves_runs_behind_keeps_its_lease_for_the_next(
    any_store: Store, tmp_path: Path, why: str
) -> None:
    first = Life(any_store, tmp_path)
    former = first.step()
    assert former
    if why == "runs are left":
        first.presence.leave_runs()
    else:
        first.pulse.beat()
    first.presence.close()
    assert any_store.get(keys.alive(former.incarnation))
    assert any_store.get(keys.worker(IDENTITY.name)) is None
    second = Life(any_store, tmp_path)
    standing = second.step()
    assert standing
    assert standing.incarnation == former.incarnation
    second.presence.close()
    assert StateFile(tmp_path, IDENTITY.name).read() is None


def test_an_incarnation_that_ended_is_not_gone_on_with_in_the_same_life(
    any_store: Store, tmp_path: Path
) -> None:
    life = Life(any_store, tmp_path)
    first = life.step()
    assert first
    life.presence.renounce(first.incarnation)
    second = life.step()
    assert second
    assert second.incarnation != first.incarnation
    state = StateFile(tmp_path, IDENTITY.name).read()
    assert state
    assert state.incarnation == second.incarnation
    assert [event for event in life.heard if isinstance(event, Inherited)] == [Inherited()]
    life.presence.close()
