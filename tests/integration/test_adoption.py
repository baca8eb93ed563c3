"""How watermarks begin and move: by our master, by hand, by the Go master, while workers look."""

import pytest

from common import keys
from common.job import Job, pack_job
from common.moving import moving
from common.owed import ENDED, unpack
from common.record import MISSED
from common.store import Delete, Put, Store, Transaction, delete, put
from common.watermark import pack_watermark
from tests.integration.adopting import (
    EVERY_MINUTE,
    NOW,
    T0,
    Desk,
    adopt,
    changed,
    moved_to_hours,
    retire,
    save_by_hand,
)
from worker.adoption import MANY
from worker.asks import Adopt, Retire
from worker.committer import MOST
from worker.events import Adopted
from worker.watermarks import CLAIMED_AHEAD_MS


def test_the_first_worker_that_sees_a_job_makes_its_watermark(any_store: Store) -> None:
    revision = save_by_hand(any_store)
    assert adopt(any_store, NOW, [Adopt("a", revision)]) == {"a": (revision, NOW)}
    assert adopt(any_store, NOW + 9, [Adopt("a", revision)]) == {"a": (revision, NOW)}


def test_a_watermark_that_is_there_is_taken(any_store: Store) -> None:
    revision = save_by_hand(any_store)
    put(any_store, keys.fired("a"), pack_watermark(T0))
    assert adopt(any_store, NOW, [Adopt("a", revision)]) == {"a": (revision, T0)}


def test_a_malformed_watermark_begins_anew_which_is_said_and_counted_once(
    any_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    revision = save_by_hand(any_store)
    put(any_store, keys.fired("a"), b"soon")
    desk = Desk(any_store)
    desk.do(NOW, [Adopt("a", revision)])
    assert desk.heard == [Adopted({"a": (revision, NOW + CLAIMED_AHEAD_MS)})]
    assert desk.adopter
    assert desk.adopter.begun_anew == 1
    assert [record.getMessage() for record in caplog.records] == [
        "job=a: its watermark was malformed and begins anew"
    ]


@pytest.mark.parametrize("many", [2 * MOST, MANY])
def test_many_watermarks_are_found_and_made_in_one_go(any_store: Store, many: int) -> None:
    names = [f"job-{n}" for n in range(many)]
    asks = [Adopt(name, save_by_hand(any_store, name)) for name in names]
    for name in names[:MOST]:
        put(any_store, keys.fired(name), pack_watermark(T0))
    adopted = adopt(any_store, NOW, asks)
    assert [adopted[name][1] for name in names] == [T0] * MOST + [NOW] * (many - MOST)


def test_a_job_that_changed_meanwhile_is_left_to_the_watch(any_store: Store) -> None:
    revision = save_by_hand(any_store)
    save_by_hand(any_store)
    assert adopt(any_store, NOW, [Adopt("a", revision)]) == {}


def test_a_schedule_changed_by_hand_moves_the_watermark_and_records_what_was_owed(
    any_store: Store,
) -> None:
    put(any_store, keys.fired("a"), pack_watermark(T0))
    revision = save_by_hand(any_store)
    asks = [moved_to_hours(revision)]
    assert adopt(any_store, NOW, asks) == {"a": (revision, NOW)}
    (entry,) = any_store.snapshot("/cron/runs/").entries
    owed = unpack(entry.value)
    assert (owed.state, owed.outcome, owed.incarnation) == (ENDED, MISSED, "-")
    assert owed.plan_time == 1_800_000_060_000
    assert owed.gap is None
    assert adopt(any_store, NOW + 9, asks) == {"a": (revision, NOW)}


def test_a_schedule_changed_by_our_master_is_not_moved_again(any_store: Store) -> None:
    puts = (
        Put(keys.job("a"), pack_job(Job("a", "true", "* * * * *"))),
        *moving("a", None, T0, None, ""),
    )
    revision = any_store.commit(Transaction((), puts)).revision
    assert adopt(any_store, NOW, [moved_to_hours(revision)]) == {"a": (revision, T0)}


def test_a_change_after_which_another_worker_has_claimed_is_not_moved_again(
    any_store: Store,
) -> None:
    revision = save_by_hand(any_store)
    put(any_store, keys.fired("a"), pack_watermark(NOW - 5))
    assert adopt(any_store, NOW, [moved_to_hours(revision)]) == {"a": (revision, NOW - 5)}


def test_a_job_made_anew_by_hand_keeps_its_watermark_for_good(any_store: Store) -> None:
    lease = any_store.grant(3600)
    put(any_store, keys.fired("a"), pack_watermark(NOW + 1000), lease)
    revision = save_by_hand(any_store)
    assert adopt(any_store, NOW, [Adopt("a", revision)]) == {"a": (revision, NOW + 1001)}
    any_store.revoke(lease)
    assert any_store.get(keys.fired("a")) is not None


def test_a_watermark_ahead_of_the_clock_passes_over_no_instant_without_a_record(
    any_store: Store,
) -> None:
    ahead = 1_800_000_059_999
    put(any_store, keys.fired("a"), pack_watermark(ahead))
    revision = save_by_hand(any_store)
    adopted = adopt(
        any_store,
        ahead - 500,
        [moved_to_hours(revision)],
    )
    assert adopted == {"a": (revision, ahead + 1)}
    (entry,) = any_store.snapshot("/cron/runs/").entries
    assert unpack(entry.value).plan_time == ahead + 1


def test_a_job_deleted_by_hand_keeps_its_watermark_for_a_day(any_store: Store) -> None:
    save_by_hand(any_store)
    put(any_store, keys.fired("a"), pack_watermark(T0))
    gone = delete(any_store, keys.job("a")).revision
    for _ in range(2):
        retire(any_store, NOW, [Retire("a", gone, changed((0, EVERY_MINUTE), (gone, "")))])
    fired = any_store.get(keys.fired("a"))
    assert fired
    assert fired.lease
    assert fired.value == pack_watermark(NOW)
    (entry,) = any_store.snapshot("/cron/runs/").entries
    assert unpack(entry.value).outcome == MISSED


def test_many_jobs_deleted_by_hand_at_once_are_retired_together(any_store: Store) -> None:
    names = [f"job-{n}" for n in range(MOST + 20)]
    asks = []
    for name in names:
        save_by_hand(any_store, name)
        put(any_store, keys.fired(name), pack_watermark(T0))
        gone = delete(any_store, keys.job(name)).revision
        asks.append(Retire(name, gone, changed((0, EVERY_MINUTE), (gone, ""))))
    save_by_hand(any_store, names[-1])
    retire(any_store, NOW, [*asks, asks[0]])
    found = {entry.key: entry for entry in any_store.snapshot("/cron/fired/").entries}
    kept = {found[keys.fired(name)].lease for name in names[:-1]}
    assert len(kept) == 1
    assert kept != {0}
    assert found[keys.fired(names[-1])].lease == 0
    assert len(any_store.snapshot("/cron/runs/").entries) == len(names) - 1


def test_a_job_deleted_by_our_master_is_left_as_it_is(any_store: Store) -> None:
    save_by_hand(any_store)
    lease = any_store.grant(3600)
    gone = any_store.commit(
        Transaction((), (Delete(keys.job("a")), *moving("a", T0, T0, None, "", lease)))
    ).revision
    retire(any_store, NOW, [Retire("a", gone, changed((0, EVERY_MINUTE), (gone, "")))])
    fired = any_store.get(keys.fired("a"))
    assert fired
    assert fired.value == pack_watermark(T0 + 1)


def test_a_deleted_job_that_is_there_again_is_not_retired(any_store: Store) -> None:
    save_by_hand(any_store)
    put(any_store, keys.fired("a"), pack_watermark(T0))
    gone = delete(any_store, keys.job("a")).revision
    save_by_hand(any_store)
    retire(any_store, NOW, [Retire("a", gone, changed((0, EVERY_MINUTE), (gone, "")))])
    fired = any_store.get(keys.fired("a"))
    assert fired
    assert (fired.lease, fired.value) == (0, pack_watermark(T0))


def test_a_job_made_anew_after_its_watermark_last_moved_owes_nothing_of_the_old_one(
    any_store: Store,
) -> None:
    """It was deleted by hand while no worker was up."""
    save_by_hand(any_store)
    put(any_store, keys.fired("a"), pack_watermark(T0))
    delete(any_store, keys.job("a"))
    created = save_by_hand(any_store)
    asks = [Adopt("a", created, (), created)]
    assert adopt(any_store, NOW, asks) == {"a": (created, NOW)}
    assert adopt(any_store, NOW + 9, asks) == {"a": (created, NOW)}
    assert any_store.snapshot("/cron/runs/").entries == ()


def test_a_malformed_job_deleted_by_hand_leaves_its_watermark_for_a_day_only(
    any_store: Store,
) -> None:
    put(any_store, keys.job("a"), b"{")
    put(any_store, keys.fired("a"), pack_watermark(T0))
    gone = delete(any_store, keys.job("a")).revision
    retire(any_store, NOW, [Retire("a", gone)])
    fired = any_store.get(keys.fired("a"))
    assert fired
    assert fired.lease
