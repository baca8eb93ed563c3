"""A job's revisions: listed, read and restored, whoever made them, over both stores."""

from __future__ import annotations

import json
from typing import Any

import pytest

from common import keys
from common.errors import InvalidField
from common.sqlite_log import SqliteLogStore
from common.store import Store, delete, put
from master.audit_list import AuditList
from master.audit_mover import AuditMover
from master.edits import Edits
from master.refusals import NoSuchJob
from master.restored import Whole
from master.revisions import NoSuchRevision, Revisions
from tests.integration.auditing import told_of
from tests.integration.mastering import HOURLY, NOON, TurnedClock, a_job, stored, watermark


@pytest.fixture
def revisions(store: Store, logs: SqliteLogStore) -> Revisions:
    """The revisions of jobs in the store."""
    return Revisions(store, AuditList(store, logs.audit))


@pytest.fixture
def saved(edits: Edits, clock: TurnedClock) -> list[dict[str, object]]:
    """The job `a` in three versions, the last of them deleted."""
    versions = [a_job(), a_job(command="false", owner="eve"), a_job(command="echo")]
    for version in versions:
        edits.save({"owner": None} | version, "ann")
        clock.ms += 1
    edits.delete("a", "bob")
    clock.ms += 1
    return versions


def listed(revisions: Revisions, **asked: Any) -> list[tuple[int | None, str]]:
    """The number and kind of each revision of a page."""
    page = revisions.page("a", asked.get("after", ""), asked.get("limit", 20))
    return [(row["revision"], row["what"]) for row in page["revisions"]]


def revision_of(store: Store) -> int:
    """The job's revision in the store."""
    entry = store.get(keys.job("a"))
    assert entry is not None
    return entry.revision


def test_edits_by_masters_whose_clocks_differ_are_in_the_order_in_which_they_were_done(
    store: Store, revisions: Revisions, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job())
    clock.ms -= 3000
    edits.save({"name": "a", "command": "false"})
    last = revision_of(store)
    clock.ms += 1000
    edits.delete("a")
    kinds = [what for _, what in listed(revisions)]
    assert kinds == ["deleted", "changed", "created"]
    assert listed(revisions)[1] == (last, "changed")


def test_every_edit_is_a_revision_that_can_be_read(
    store: Store, revisions: Revisions, saved: list[dict[str, object]], logs: SqliteLogStore
) -> None:
    numbers = [entry.revision for entry in told_of(store)]
    for _ in range(2):
        assert listed(revisions) == list(
            zip(reversed(numbers), ["deleted", "changed", "changed", "created"], strict=True)
        )
        for number, version in zip(numbers, saved, strict=False):
            found = revisions.one("a", number)
            assert json.loads(found.text or "") == version | {"timezone": "UTC"}
            assert found.entry is not None
            assert found.entry.by == "ann"
        assert revisions.one("a", numbers[-1]).text is None
        AuditMover(store, logs.audit).step()


def test_pages_of_revisions_follow_each_other(
    revisions: Revisions, saved: list[dict[str, object]]
) -> None:
    first = revisions.page("a", "", 3)
    second = revisions.page("a", first["next"], 3)
    found = [row["what"] for page in (first, second) for row in page["revisions"]]
    assert found == ["deleted", "changed", "changed", "created"]
    assert second["next"] is None


def test_a_change_by_hand_shows_and_is_read_before_and_after_the_next_edit(
    store: Store, edits: Edits, clock: TurnedClock, revisions: Revisions
) -> None:
    edits.save(a_job())
    first, theirs = revision_of(store), json.dumps(a_job(command="theirs")).encode()
    put(store, keys.job("a"), theirs)
    by_hand = revision_of(store)
    assert listed(revisions) == [(by_hand, "unknown"), (first, "created")]
    assert revisions.page("a", "", 5)["revisions"][0]["current"] is True
    assert revisions.one("a", by_hand).text == theirs.decode()
    clock.ms += 1
    edits.save(a_job(command="ours"))
    ours = revision_of(store)
    assert listed(revisions) == [(ours, "changed"), (by_hand, "unknown"), (first, "created")]
    assert revisions.one("a", by_hand).text == theirs.decode()
    assert revisions.one("a", by_hand).entry is None


def test_a_job_that_was_deleted_by_hand_shows_as_that(
    store: Store, edits: Edits, clock: TurnedClock, revisions: Revisions
) -> None:
    edits.save(a_job())
    first = revision_of(store)
    delete(store, keys.job("a"))
    assert listed(revisions) == [(None, "unknown"), (first, "created")]
    clock.ms += 1
    edits.save(a_job())
    assert listed(revisions)[1:] == [(first, "created")]


def test_what_nobody_knows_is_refused(revisions: Revisions, store: Store, edits: Edits) -> None:
    with pytest.raises(NoSuchJob):
        revisions.page("gone", "", 20)
    edits.save(a_job())
    with pytest.raises(NoSuchRevision, match="nothing is kept of it"):
        revisions.one("a", revision_of(store) + 7)


def test_a_restored_job_is_whole_and_keeps_the_pause_of_now(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(owner="eve", paused=True, pauseReason="now"), "ann")
    clock.ms += 1
    document = a_job(command="old", theirs=[1], timezone="UTC")
    assert edits.restore(Whole(document, "revision 3", "UTC", pauses=False), "bob")
    paused = {"paused": True, "pauseReason": "now", "pausedBy": "ann"}
    assert stored(store) == document | paused
    entry = told_of(store)[-1]
    assert (entry.what, entry.by, entry.reason) == ("restored", "bob", "revision 3")
    assert entry.fields == ("command", "owner", "theirs")
    before = revision_of(store)
    assert not edits.restore(Whole(document, "revision 3", "UTC", pauses=False), "bob")
    assert revision_of(store) == before


def test_a_deleted_job_is_made_anew_from_now_without_a_pause_that_is_over(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    clock.ms += 5000
    document = a_job(paused=True, pausedUntil=NOON, pauseReason="old", pausedBy="ann")
    assert edits.restore(Whole(document, "revision 3", "Asia/Tokyo", pauses=False))
    assert stored(store) == a_job(timezone="Asia/Tokyo")
    assert watermark(store, "a") == NOON + 5000


def test_a_job_of_a_backup_brings_its_pause_along(store: Store, edits: Edits) -> None:
    edits.save(a_job(timezone="UTC"))
    document = a_job(paused=True, pauseReason="then", pausedBy="eve", timezone="UTC")
    assert edits.restore(Whole(document, "a backup", "UTC", pauses=True), "bob")
    assert stored(store) == document
    assert edits.restore(Whole(a_job(timezone="UTC"), "a backup", "UTC", pauses=True))
    assert stored(store) == a_job(timezone="UTC")


@pytest.mark.parametrize(
    "document",
    [a_job(cronExpr="whenever"), a_job(command=None), {"command": "x", "cronExpr": HOURLY}],
)
def test_what_is_no_job_is_not_restored(
    store: Store, edits: Edits, document: dict[str, object]
) -> None:
    with pytest.raises(InvalidField):
        edits.restore(Whole(document, "a backup", "UTC", pauses=True))
    assert store.get(keys.job("a")) is None


def test_a_job_that_has_had_its_last_instant_is_restored(store: Store, edits: Edits) -> None:
    document = a_job(cronExpr="0 0 1 1 * 2001", timezone="UTC")
    assert edits.restore(Whole(document, "a backup", "UTC", pauses=True))
    assert stored(store) == document
