"""Saves and deletions against real stores: what they write, and what they account for."""

from __future__ import annotations

import json

import pytest

from common import keys
from common.constants import FORGET_WATERMARK_SECONDS
from common.owed import Gap
from common.store import Put, Store, Transaction, put
from common.watermark import pack_watermark
from master.edits import CHANGED, DELETED, Edits
from tests.integration.auditing import told_of
from tests.integration.mastering import (
    EVERY_SECOND,
    HOURLY,
    NOON,
    TurnedClock,
    a_job,
    contents,
    owed_by,
    stored,
    watermark,
)


def test_a_new_job_gets_the_fleets_zone_and_a_watermark_at_now(store: Store, edits: Edits) -> None:
    assert edits.save(a_job()).before is None
    assert stored(store) == a_job(timezone="UTC")
    assert watermark(store, "a") == NOON
    assert owed_by(store, "a") == {}


def test_a_save_answers_with_the_job_that_was_there(edits: Edits) -> None:
    edits.save(a_job(owner="eve"))
    before = edits.save(a_job(command="false")).before
    assert before == a_job(owner="eve", timezone="UTC")


def test_a_save_that_keeps_the_schedule_leaves_the_watermark(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(cronExpr=EVERY_SECOND))
    clock.ms += 5000
    edits.save(a_job(cronExpr=EVERY_SECOND, command="false", timeoutSeconds=5))
    assert watermark(store, "a") == NOON
    assert owed_by(store, "a") == {}


def test_a_new_schedule_moves_the_watermark_and_leaves_what_was_owed_as_missed(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(cronExpr=EVERY_SECOND))
    revision = store.get(keys.job("a")).revision  # type: ignore[union-attr]
    clock.ms += 5500
    edits.save(a_job(cronExpr=HOURLY))
    assert watermark(store, "a") == NOON + 5500
    ((run_id, owed),) = owed_by(store, "a").items()
    assert run_id == f"a@{NOON + 5000}"
    assert (owed.state, owed.outcome, owed.incarnation) == ("ended", "missed", "-")
    assert (owed.plan_time, owed.job_revision) == (NOON + 5000, revision)
    assert (owed.command, owed.reason) == ("true", CHANGED)
    assert owed.gap == Gap(NOON + 1000, NOON + 4000, 4, CHANGED)


def test_an_instant_that_is_due_this_very_millisecond_is_owed(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(cronExpr=EVERY_SECOND))
    clock.ms += 1000
    edits.save(a_job(cronExpr=HOURLY))
    ((run_id, owed),) = owed_by(store, "a").items()
    assert (run_id, owed.gap) == (f"a@{NOON + 1000}", None)


def test_a_new_zone_moves_the_watermark_too(store: Store, edits: Edits, clock: TurnedClock) -> None:
    edits.save(a_job())
    clock.ms += 7
    edits.save(a_job(timezone="Asia/Tokyo"))
    assert watermark(store, "a") == NOON + 7


def test_the_zone_named_that_was_the_fleets_is_no_change(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    put(store, keys.job("a"), json.dumps(a_job()).encode())
    put(store, keys.fired("a"), pack_watermark(NOON - 1))
    edits.save(a_job(command="false"))
    assert stored(store)["timezone"] == "UTC"
    assert watermark(store, "a") == NOON - 1


def test_a_watermark_ahead_of_the_clock_is_moved_further(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job())
    put(store, keys.fired("a"), pack_watermark(NOON + 400))
    edits.save(a_job(cronExpr=EVERY_SECOND))
    assert watermark(store, "a") == NOON + 401


def test_a_job_without_a_watermark_owes_nothing(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    put(store, keys.job("a"), json.dumps(a_job(cronExpr=EVERY_SECOND)).encode())
    edits.save(a_job())
    assert watermark(store, "a") == NOON
    assert owed_by(store, "a") == {}


@pytest.mark.parametrize("value", [b"", b"node1", b"17000496000000"])
def test_a_malformed_watermark_begins_anew(store: Store, edits: Edits, value: bytes) -> None:
    edits.save(a_job())
    put(store, keys.fired("a"), value)
    edits.save(a_job(command="false"))
    assert watermark(store, "a") == NOON
    assert owed_by(store, "a") == {}


def test_a_deletion_keeps_the_watermark_for_a_day_and_accounts_for_what_was_owed(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(cronExpr=EVERY_SECOND))
    clock.ms += 2000
    assert edits.delete("a") == a_job(cronExpr=EVERY_SECOND, timezone="UTC")
    assert store.get(keys.job("a")) is None
    fired = store.get(keys.fired("a"))
    assert fired is not None
    assert fired.value == pack_watermark(NOON + 2000)
    assert 3600 < store.renew(fired.lease) <= FORGET_WATERMARK_SECONDS
    ((run_id, owed),) = owed_by(store, "a").items()
    assert (run_id, owed.reason) == (f"a@{NOON + 2000}", DELETED)
    assert owed.gap == Gap(NOON + 1000, NOON + 1000, 1, DELETED)


def test_a_deletion_of_nothing_answers_null_and_changes_nothing(store: Store, edits: Edits) -> None:
    before = contents(store)
    assert edits.delete("a") is None
    assert contents(store) == before


def test_a_job_made_anew_goes_on_above_the_kept_watermark(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job())
    put(store, keys.fired("a"), pack_watermark(NOON + 9000))
    edits.delete("a")
    assert watermark(store, "a") == NOON + 9001
    kept = store.get(keys.fired("a"))
    assert edits.save(a_job()).before is None
    fired = store.get(keys.fired("a"))
    assert fired is not None
    assert kept is not None
    assert (fired.value, fired.lease) == (pack_watermark(NOON + 9002), 0)
    store.revoke(kept.lease)
    assert watermark(store, "a") == NOON + 9002


def test_everything_of_an_edit_happens_at_one_revision(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(cronExpr=EVERY_SECOND))
    clock.ms += 3000
    edits.save(a_job())
    (first, *told), entries = told_of(store), store.snapshot("/cron/").entries
    later = [entry for entry in entries if entry.revision != first.revision]
    assert len(later) == 5
    assert {entry.revision for entry in later} == {entry.revision for entry in told}


def test_a_job_that_was_due_forty_million_times_is_edited_all_the_same(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(cronExpr=EVERY_SECOND))
    store.commit(Transaction((), (Put(keys.fired("a"), pack_watermark(NOON - 40_000_000_000)),)))
    edits.save(a_job())
    ((run_id, owed),) = owed_by(store, "a").items()
    assert run_id == f"a@{NOON}"
    assert owed.gap is not None
    assert owed.gap.count == 40_000_000 - 1
    assert owed.gap.last == NOON - 1000
