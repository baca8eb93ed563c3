"""What a job owed when somebody changed it by hand, once or more often, or made it anew."""

from dataclasses import replace

import pytest

from common import keys
from common.record import MISSED
from common.store import Store, delete, put
from common.watermark import LATEST_MS, pack_watermark
from tests.integration.adopting import (
    EVERY_HOUR,
    EVERY_MINUTE,
    NOW,
    T0,
    Desk,
    adopt,
    changed,
    owed,
    retire,
    save_by_hand,
)
from worker.asks import Adopt, Retire
from worker.events import Adopted
from worker.watermarks import CLAIMED_AHEAD_MS


def test_of_two_changes_by_hand_the_version_that_was_in_force_is_accounted_for(
    any_store: Store,
) -> None:
    first = save_by_hand(any_store)
    put(any_store, keys.fired("a"), pack_watermark(T0))
    second = save_by_hand(any_store)
    third = save_by_hand(any_store)
    seen = changed((0, EVERY_MINUTE), (second, EVERY_HOUR), (third, "30 * * * *"))
    assert adopt(any_store, NOW, [Adopt("a", third, seen, first)]) == {"a": (third, NOW)}
    assert owed(any_store) == [(MISSED, T0 + 60_000, 0)]


def test_a_version_that_a_worker_saw_before_it_had_a_rank_is_accounted_for_too(
    any_store: Store,
) -> None:
    first = save_by_hand(any_store)
    put(any_store, keys.fired("a"), pack_watermark(T0))
    second = save_by_hand(any_store)
    seen = changed((first, EVERY_MINUTE), (second, EVERY_HOUR))
    adopt(any_store, NOW, [Adopt("a", second, seen, first)])
    assert owed(any_store) == [(MISSED, T0 + 60_000, 0)]


def test_what_an_unseen_version_owed_is_not_made_up(any_store: Store) -> None:
    put(any_store, keys.fired("a"), pack_watermark(T0))
    first = save_by_hand(any_store)
    second = save_by_hand(any_store)
    seen = changed((first, EVERY_MINUTE), (second, EVERY_HOUR))
    assert adopt(any_store, NOW, [Adopt("a", second, seen)]) == {"a": (second, T0)}
    assert owed(any_store) == []


def test_a_change_by_hand_and_back_leaves_the_watermark(any_store: Store) -> None:
    put(any_store, keys.fired("a"), pack_watermark(T0))
    revisions = [save_by_hand(any_store) for _ in range(2)]
    exprs = (EVERY_HOUR, EVERY_MINUTE)
    seen = changed((0, EVERY_MINUTE), *zip(revisions, exprs, strict=True))
    asks = [Adopt("a", revisions[-1], seen)]
    assert adopt(any_store, NOW, asks) == {"a": (revisions[-1], T0)}
    assert owed(any_store) == []


@pytest.mark.parametrize("retired_first", [False, True])
def test_a_job_deleted_and_made_anew_by_hand_at_once_owes_what_it_did(
    any_store: Store, retired_first: bool
) -> None:
    save_by_hand(any_store)
    put(any_store, keys.fired("a"), pack_watermark(T0))
    gone = delete(any_store, keys.job("a")).revision
    seen = changed((0, EVERY_MINUTE), (gone, ""))
    retires = [Retire("a", gone, seen)]
    if retired_first:
        assert retire(any_store, NOW - 9, retires) == {"a": gone}
        retires = []
    created = save_by_hand(any_store)
    desk = Desk(any_store)
    again = Adopt("a", created, (*seen, *changed((created, EVERY_HOUR))), created)
    desk.do(NOW, [again], retires)
    assert desk.heard == [Adopted({"a": (created, NOW)})]
    assert owed(any_store) == [(MISSED, T0 + 60_000, 0)]
    fired = any_store.get(keys.fired("a"))
    assert fired
    assert fired.lease == 0


def test_a_watermark_that_went_begins_after_all_that_may_be_claimed(any_store: Store) -> None:
    revision = save_by_hand(any_store)
    anew = NOW + CLAIMED_AHEAD_MS
    asks = [Adopt("a", revision, stood=T0)]
    assert adopt(any_store, NOW, asks) == {"a": (revision, anew)}


@pytest.mark.parametrize("ahead_ms", [0, 9000])
def test_a_watermark_that_somebody_set_back_begins_after_all_that_was_claimed(
    any_store: Store, caplog: pytest.LogCaptureFixture, ahead_ms: int
) -> None:
    revision = save_by_hand(any_store)
    put(any_store, keys.fired("a"), pack_watermark(T0))
    anew = max(NOW + CLAIMED_AHEAD_MS, NOW + ahead_ms)
    asks = [Adopt("a", revision, stood=NOW + ahead_ms)]
    assert adopt(any_store, NOW, asks) == {"a": (revision, anew)}
    assert owed(any_store) == []
    assert "job=a: its watermark went back and begins anew" in caplog.text


def paused_by_hand(revision: int, until: int) -> Adopt:
    """Asks about a job that was due every minute before this revision, and rests since."""
    before, after = changed((0, EVERY_MINUTE), (revision, EVERY_MINUTE))
    assert after.job
    rests = replace(after, job=replace(after.job, rests_until=until))
    return Adopt("a", revision, (before, rests))


def test_a_pause_by_hand_moves_the_watermark_and_records_what_was_owed(any_store: Store) -> None:
    put(any_store, keys.fired("a"), pack_watermark(T0))
    revision = save_by_hand(any_store)
    asks = [paused_by_hand(revision, LATEST_MS)]
    assert adopt(any_store, NOW, asks) == {"a": (revision, NOW)}
    assert owed(any_store) == [(MISSED, T0 + 60_000, 0)]


def test_a_pause_that_is_ended_by_hand_leaves_nothing_owed_of_it(any_store: Store) -> None:
    put(any_store, keys.fired("a"), pack_watermark(T0))
    revision = save_by_hand(any_store)
    awake, resting = paused_by_hand(revision, LATEST_MS).versions
    asks = [Adopt("a", revision, (replace(resting, since=0), replace(awake, since=revision)))]
    assert adopt(any_store, NOW, asks) == {"a": (revision, NOW)}
    assert owed(any_store) == []
