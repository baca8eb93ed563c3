"""The log of changes that an edit leaves: who did what to a job, and when."""

from __future__ import annotations

import pytest

from common import keys
from common.changes import CHANGED, CREATED, DELETED, JobChange, unpack_changes
from common.store import Store, put
from master.edits import Edits
from tests.integration.losing import LosingStore
from tests.integration.mastering import HOURLY, NOON, TurnedClock, a_job


def changes_of(store: Store, name: str = "a") -> tuple[JobChange, ...]:
    """What is told of a job's changes."""
    entry = store.get(keys.changes(name))
    return unpack_changes(entry.value) if entry else ()


def test_every_edit_tells_who_changed_what_and_when(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(), "ann")
    clock.ms += 1000
    edits.save(a_job(command="false", owner="eve"), "bob")
    clock.ms += 1000
    edits.delete("a", "10.0.0.7")
    assert changes_of(store) == (
        JobChange(NOON, "ann", CREATED, HOURLY, "UTC"),
        JobChange(NOON + 1000, "bob", CHANGED, HOURLY, "UTC", fields=("command", "owner")),
        JobChange(NOON + 2000, "10.0.0.7", DELETED, HOURLY, "UTC"),
    )


def test_a_change_lies_at_the_revision_of_its_edit(store: Store, edits: Edits) -> None:
    edits.save(a_job())
    job, log = store.get(keys.job("a")), store.get(keys.changes("a"))
    assert job is not None
    assert log is not None
    assert (log.revision, log.lease) == (job.revision, 0)


def test_a_save_that_changes_nothing_is_no_change(store: Store, edits: Edits) -> None:
    edits.save(a_job(), "ann")
    edits.save(a_job(), "bob")
    assert [change.by for change in changes_of(store)] == ["ann"]


def test_a_deleted_job_s_changes_are_kept_as_long_as_its_watermark(
    store: Store, edits: Edits
) -> None:
    edits.save(a_job())
    edits.delete("a")
    log, fired = store.get(keys.changes("a")), store.get(keys.fired("a"))
    assert log is not None
    assert fired is not None
    assert log.lease == fired.lease != 0
    edits.save(a_job())
    store.revoke(fired.lease)
    assert [change.what for change in changes_of(store)] == [CREATED, DELETED, CREATED]


def test_garbage_in_the_log_of_changes_stops_no_edit(store: Store, edits: Edits) -> None:
    put(store, keys.changes("a"), b"\xff{")
    edits.save(a_job(), "ann")
    assert [change.what for change in changes_of(store)] == [CREATED]


@pytest.mark.parametrize("losses", [["before"], ["after"]])
def test_an_edit_whose_answer_was_lost_is_told_of_once(store: Store, losses: list[str]) -> None:
    Edits(LosingStore(store, losses), "UTC", TurnedClock()).save(a_job(), "ann")
    assert [change.by for change in changes_of(store)] == ["ann"]
