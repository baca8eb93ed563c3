"""Edits whose answers get lost on the way to the store or back."""

from __future__ import annotations

import json

import pytest

from common import keys
from common.errors import StoreLost
from common.store import Store, Transaction, put
from master.edits import Edits
from master.kills import kill
from master.refusals import Contended, OutcomeUnknown
from tests.integration.losing import LosingStore
from tests.integration.mastering import (
    NOON,
    TurnedClock,
    a_job,
    contents,
    stored,
    watermark,
)


@pytest.mark.parametrize("losses", [["before"], ["after"], ["before", "before", "after"]])
def test_a_save_whose_answer_was_lost_is_looked_for_and_done_once(
    store: Store, losses: list[str]
) -> None:
    clock = TurnedClock()
    edits = Edits(LosingStore(store, losses), "UTC", clock)
    assert edits.save(a_job()).before is None
    assert stored(store) == a_job(timezone="UTC")
    entry = store.get(keys.job("a"))
    assert entry is not None
    assert entry.revision == entry.created
    assert watermark(store, "a") == NOON


@pytest.mark.parametrize("losses", [["before"], ["after"], ["before", "before", "after"]])
def test_a_deletion_whose_answer_was_lost_still_tells_what_was_deleted(
    store: Store, losses: list[str]
) -> None:
    Edits(store, "UTC", TurnedClock()).save(a_job())
    deleting = Edits(LosingStore(store, losses), "UTC", TurnedClock())
    assert deleting.delete("a") == a_job(timezone="UTC")
    assert store.get(keys.job("a")) is None


def test_a_kill_whose_answer_was_lost_is_looked_for(store: Store) -> None:
    Edits(store, "UTC", TurnedClock()).save(a_job())
    kill(LosingStore(store, ["after"]), "a")
    assert store.get(keys.killer("a")) is not None


def test_a_kill_that_is_not_to_be_found_is_said_to_be_unknown(store: Store) -> None:
    Edits(store, "UTC", TurnedClock()).save(a_job())
    with pytest.raises(OutcomeUnknown, match="not known whether the kill was put"):
        kill(LosingStore(store, ["before"]), "a")
    assert store.get(keys.killer("a")) is None


def test_an_edit_that_nobody_can_look_for_is_said_to_be_unknown(store: Store) -> None:
    edits = Edits(LosingStore(store, ["after and dark"]), "UTC", TurnedClock())
    with pytest.raises(OutcomeUnknown, match="not known whether the job 'a' was changed"):
        edits.save(a_job())
    assert stored(store) == a_job(timezone="UTC")


def test_a_watermark_kept_by_an_unknown_deletion_keeps_its_lease(store: Store) -> None:
    Edits(store, "UTC", TurnedClock()).save(a_job())
    edits = Edits(LosingStore(store, ["after and dark"]), "UTC", TurnedClock())
    with pytest.raises(OutcomeUnknown):
        edits.delete("a")
    fired = store.get(keys.fired("a"))
    assert fired is not None
    assert store.renew(fired.lease) > 0


def test_a_store_that_is_silent_from_the_start_changes_nothing(store: Store) -> None:
    losing = LosingStore(store, [])
    losing.dark = True
    before = contents(store)
    edits = Edits(losing, "UTC", TurnedClock())
    with pytest.raises(StoreLost):
        edits.save(a_job())
    with pytest.raises(StoreLost):
        edits.delete("a")
    with pytest.raises(StoreLost):
        kill(losing, "a")
    assert contents(store) == before


def test_a_save_that_loses_every_race_gives_up_and_says_so(store: Store) -> None:
    class Overtaken(LosingStore):
        """Somebody else changes the job before each commit."""

        def commit(self, transaction: Transaction, timeout: float | None = None):  # type: ignore[no-untyped-def]
            """Change it, then commit."""
            put(store, keys.job("a"), json.dumps(a_job(command="theirs")).encode())
            return super().commit(transaction, timeout)

    with pytest.raises(Contended, match="others keep changing the job 'a'; nothing was changed"):
        Edits(Overtaken(store, []), "UTC", TurnedClock()).save(a_job())
    assert stored(store)["command"] == "theirs"
