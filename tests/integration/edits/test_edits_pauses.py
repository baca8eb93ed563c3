"""Pausing and resuming by a save: the fields that make sense, and what it moves."""

from __future__ import annotations

import pytest

from common.changes import CREATED, PAUSED, RESUMED
from common.errors import InvalidField
from common.owed import Gap
from common.store import Store
from common.watermark import LATEST_MS
from master import edits as reasons
from master.edits import Edits
from tests.integration.edits.test_edits_changes import changes_of
from tests.integration.mastering import (
    EVERY_SECOND,
    NOON,
    TurnedClock,
    a_job,
    owed_by,
    stored,
    watermark,
)

LATER = NOON + 60_000


def test_a_pause_moves_the_watermark_and_records_what_was_owed_until_it(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(cronExpr=EVERY_SECOND))
    clock.ms += 2500
    edits.save(a_job(cronExpr=EVERY_SECOND, paused=True), "ann")
    assert watermark(store, "a") == NOON + 2500
    ((run_id, owed),) = owed_by(store, "a").items()
    assert run_id == f"a@{NOON + 2000}"
    assert (owed.outcome, owed.reason) == ("missed", reasons.PAUSED)
    assert owed.gap == Gap(NOON + 1000, NOON + 1000, 1, reasons.PAUSED)


def test_a_resumption_moves_the_watermark_and_owes_nothing_of_the_pause(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(cronExpr=EVERY_SECOND, paused=True))
    clock.ms += 60_500
    edits.save(a_job(cronExpr=EVERY_SECOND, paused=False))
    assert watermark(store, "a") == NOON + 60_500
    assert owed_by(store, "a") == {}
    assert "paused" not in stored(store)


def test_a_deletion_after_the_end_of_a_pause_owes_only_what_came_after_it(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(cronExpr=EVERY_SECOND, paused=True, pausedUntil=LATER))
    clock.ms = LATER + 1500
    edits.delete("a")
    ((run_id, owed),) = owed_by(store, "a").items()
    assert run_id == f"a@{LATER + 1000}"
    assert owed.gap == Gap(LATER, LATER, 1, reasons.DELETED)


def test_a_deletion_of_a_job_that_is_paused_owes_nothing(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(cronExpr=EVERY_SECOND, paused=True))
    clock.ms += 5000
    edits.delete("a")
    assert owed_by(store, "a") == {}


def test_a_save_after_a_pause_that_leaves_it_as_it_was_moves_nothing(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(cronExpr=EVERY_SECOND, paused=True, pausedUntil=NOON + 1000))
    clock.ms += 10_000
    edits.save(a_job(cronExpr=EVERY_SECOND, command="false"))
    assert watermark(store, "a") == NOON
    assert stored(store)["pausedUntil"] == NOON + 1000


def test_who_paused_is_who_asked_whatever_the_save_says(store: Store, edits: Edits) -> None:
    edits.save(a_job(paused=True, pausedBy="eve"), "ann")
    assert stored(store)["pausedBy"] == "ann"
    edits.save(a_job(command="false", pausedBy="eve"), "bob")
    assert stored(store)["pausedBy"] == "ann"
    edits.save(a_job(pauseReason="a longer move"), "bob")
    assert stored(store)["pausedBy"] == "bob"


def test_a_resumption_leaves_no_end_no_reason_and_no_name(store: Store, edits: Edits) -> None:
    edits.save(a_job(paused=True, pausedUntil=LATER, pauseReason="a move"), "ann")
    edits.save(a_job(paused=False), "ann")
    assert stored(store) == a_job(timezone="UTC")


def test_the_log_of_changes_tells_of_pauses(store: Store, edits: Edits, clock: TurnedClock) -> None:
    edits.save(a_job())
    edits.save(a_job(paused=True, pauseReason="a move"), "ann")
    edits.save(a_job(paused=False), "bob")
    edits.save(a_job(paused=True, pausedUntil=LATER), "ann")
    told = [(each.what, each.by, each.rests_until, each.reason) for each in changes_of(store)]
    assert told == [
        (CREATED, "", 0, ""),
        (PAUSED, "ann", LATEST_MS, "a move"),
        (RESUMED, "bob", 0, ""),
        (PAUSED, "ann", LATER, ""),
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"pausedUntil": LATER}, "pausedUntil: .* the job is not paused"),
        ({"pauseReason": "a move"}, "pauseReason: .* the job is not paused"),
        ({"paused": False, "pausedUntil": LATER}, "pausedUntil: .* the job is not paused"),
        (
            {"paused": True, "pausedUntil": NOON},
            "pausedUntil: 2023-11-15T12:00:00.* not in the fut",
        ),
        ({"paused": "yes"}, "paused: expected true or false"),
        ({"pause": True}, "pause: there is no such field; did you mean paused"),
    ],
)
def test_a_pause_that_makes_no_sense_is_refused(
    edits: Edits, fields: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidField, match=sentence):
        edits.save(a_job(**fields))


def test_a_pause_anew_takes_nothing_from_one_that_is_over(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(paused=True, pausedUntil=NOON + 1000, pauseReason="a move"), "ann")
    clock.ms += 10_000
    edits.save({"name": "a", "paused": True}, "bob")
    expected = a_job(timezone="UTC", paused=True, pausedBy="bob")
    assert stored(store) == expected


def test_a_job_is_saved_back_as_it_was_listed_also_after_its_pause(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(paused=True, pausedUntil=NOON + 1000), "ann")
    clock.ms += 10_000
    listed = stored(store)
    edits.save(listed, "bob")
    assert stored(store) == listed


def test_a_pause_moves_the_watermark_of_each_share_and_so_does_its_end(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(cronExpr=EVERY_SECOND, hosts=2))
    clock.ms += 1500
    edits.save({"name": "a", "paused": True})
    assert [watermark(store, unit) for unit in ("a#0", "a#1")] == [NOON + 1500] * 2
    assert sorted(owed_by(store, "a")) == [f"a#0@{NOON + 1000}", f"a#1@{NOON + 1000}"]
    clock.ms += 60_000
    edits.save({"name": "a", "paused": False})
    assert [watermark(store, unit) for unit in ("a#0", "a#1")] == [NOON + 61_500] * 2
    assert len(owed_by(store, "a")) == 2
