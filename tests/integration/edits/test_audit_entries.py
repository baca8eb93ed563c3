"""The entries that edits, kills, runs by hand and drains leave for the audit."""

from __future__ import annotations

import base64
import json
import random

import pytest

from common import keys
from common.clock import SystemClock
from common.drain import Drain
from common.job import MAX_JOB_BYTES
from common.owed import ENDED
from common.sqlite_log import SqliteLogStore
from common.store import Store, put
from master.change_log import Asker
from master.drains import drain, undrain
from master.edits import Edits
from master.forgetting import Forgetting
from master.killing import Killing
from master.kills import kill
from master.refusals import NoSuchJob
from master.run_now import RunNow, Wish
from master.run_states import RunStates
from tests.integration.auditing import told_of
from tests.integration.edits.killing import RUN, owe
from tests.integration.losing import LosingStore
from tests.integration.mastering import NOON, TurnedClock, a_job, contents, stored, watermark

PEER = "10.0.0.9"


def test_an_edit_tells_who_did_it_from_where_with_the_job_before_and_after(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(), "ann", PEER)
    clock.ms += 1000
    edits.save(a_job(command="false", owner="eve"), "bob", PEER)
    clock.ms += 1000
    edits.delete("a", "eve", PEER)
    created, changed, deleted = told_of(store)
    assert [(e.at - NOON, e.what, e.by, e.peer, e.job, e.fields) for e in told_of(store)] == [
        (0, "created", "ann", PEER, "a", ()),
        (1000, "changed", "bob", PEER, "a", ("command", "owner")),
        (2000, "deleted", "eve", PEER, "a", ()),
    ]
    assert created.before is None
    assert json.loads(created.after or "") == a_job(timezone="UTC")
    assert changed.before == created.after
    assert json.loads(changed.after or "")["owner"] == "eve"
    assert (deleted.before, deleted.after) == (changed.after, None)


def test_the_revision_of_an_entry_is_that_of_the_job_and_its_base_the_one_before(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job())
    first = store.get(keys.job("a"))
    clock.ms += 1
    edits.save(a_job(command="false"))
    second = store.get(keys.job("a"))
    assert first is not None
    assert second is not None
    assert [(e.base, e.revision) for e in told_of(store)] == [
        (0, first.revision),
        (first.revision, second.revision),
    ]


def test_a_pause_and_its_end_are_told_with_the_reason(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job())
    clock.ms += 1
    edits.save(a_job(paused=True, pauseReason="a move"), "ann")
    clock.ms += 1
    edits.save(a_job(paused=False), "bob")
    _, paused, resumed = told_of(store)
    assert (paused.what, paused.by, paused.reason) == ("paused", "ann", "a move")
    assert (resumed.what, resumed.by) == ("resumed", "bob")


def test_what_changes_nothing_makes_no_revision_and_no_entry(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(owner="eve"))
    clock.ms += 1
    pause = a_job(paused=True, pausedUntil=NOON + 60_000, pauseReason="a move")
    edits.save(pause, "ann")
    before = contents(store)
    clock.ms += 1
    saved = edits.save(a_job(), "bob")
    assert (saved.changed, saved.before) == (False, stored(store))
    assert not edits.save(pause, "bob").changed
    assert not edits.alter("a", lambda job: pause, "bob")
    assert contents(store) == before
    assert [entry.what for entry in told_of(store)] == ["created", "paused"]


def test_a_save_of_what_is_there_mends_a_watermark_that_is_none(store: Store, edits: Edits) -> None:
    edits.save(a_job())
    put(store, keys.fired("a"), b"nonsense")
    assert edits.save(a_job()).changed
    assert watermark(store, "a") == NOON


def test_what_was_malformed_before_is_told_as_it_was(store: Store, edits: Edits) -> None:
    put(store, keys.job("a"), b"\xff nonsense")
    edits.save(a_job())
    (entry,) = told_of(store)
    assert (entry.what, entry.before) == ("changed", "\\xff nonsense")


@pytest.mark.parametrize("losses", [["before"], ["after"]])
def test_an_edit_whose_answer_was_lost_has_one_entry(store: Store, losses: list[str]) -> None:
    Edits(LosingStore(store, losses), "UTC", TurnedClock()).save(a_job(), "ann")
    assert [entry.by for entry in told_of(store)] == ["ann"]


def test_a_refused_edit_leaves_no_entry(store: Store, edits: Edits) -> None:
    with pytest.raises(Exception, match="cronExpr"):
        edits.save(a_job(cronExpr="whenever"))
    with pytest.raises(NoSuchJob):
        kill(store, "gone")
    assert told_of(store) == []


def test_a_job_too_large_to_be_kept_is_left_out_and_that_is_said(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    theirs = base64.b64encode(random.Random(7).randbytes(MAX_JOB_BYTES // 2)).decode()
    put(store, keys.job("a"), json.dumps(a_job(theirs=theirs)).encode())
    edits.save(a_job(owner="eve"))
    clock.ms += 1
    edits.delete("a")
    for entry in told_of(store):
        assert (entry.before, entry.after, entry.left_out) == (None, None, True)


def test_of_a_large_job_what_came_after_is_kept_before_what_there_was(
    store: Store, edits: Edits
) -> None:
    theirs = base64.b64encode(random.Random(7).randbytes(MAX_JOB_BYTES // 2)).decode()
    put(store, keys.job("a"), json.dumps(a_job(name="b", theirs=theirs)).encode())
    edits.save(a_job())
    (entry,) = told_of(store)
    assert (entry.before, entry.left_out) == (None, True)
    assert json.loads(entry.after or "") == a_job(timezone="UTC")


def test_kills_are_told_with_who_asked_for_them(
    store: Store, edits: Edits, logs: SqliteLogStore
) -> None:
    edits.save(a_job())
    owe(store)
    kill(store, "a", Asker("ann", NOON + 1, PEER))
    Killing(store, logs, SystemClock(), "a", RUN, "bob", PEER).begin()
    _, all_runs, one = told_of(store)
    assert (all_runs.what, all_runs.by, all_runs.peer, all_runs.run_id) == (
        "killed", "ann", PEER, "",
    )  # fmt: skip
    assert (one.what, one.by, one.job, one.run_id) == ("killed", "bob", "a", RUN)
    assert (all_runs.reason, one.reason) == (RUN, "")


def test_a_kill_tells_what_it_hit_and_that_nothing_ran(
    store: Store, edits: Edits, logs: SqliteLogStore, clock: TurnedClock
) -> None:
    edits.save(a_job())
    owe(store, RUN, ENDED, "success")

    def reasons() -> list[str]:
        kill(store, "a", Asker("ann", clock(), PEER))
        Killing(store, logs, SystemClock(), "a").begin()
        latest = sorted(told_of(store), key=lambda entry: entry.revision)[-2:]
        return [entry.reason for entry in latest]

    assert reasons() == ["asked for, and nothing ran"] * 2
    for number in range(7):
        owe(store, f"a@{NOON + number + 1}")
    named = ", ".join(f"a@{NOON + number + 1}" for number in range(5))
    assert reasons() == [f"{named}, 2 more"] * 2
    put(store, keys.lock("a"), b"", store.grant(60))
    assert reasons() == [f"{named}, 2 more, a Go worker's run"] * 2


def test_a_run_by_hand_is_told_with_its_id_and_place(
    store: Store, edits: Edits, logs: SqliteLogStore, clock: TurnedClock
) -> None:
    edits.save(a_job())
    clock.ms += 1
    asking = RunNow(store, RunStates(store, logs, SystemClock()), "UTC", clock)
    (run_id,) = asking.ask(Wish("a", "ann", peer=PEER))
    entry = told_of(store)[-1]
    assert (entry.what, entry.by, entry.peer, entry.job, entry.run_id) == (
        "run", "ann", PEER, "a", run_id,
    )  # fmt: skip


def test_a_drain_and_its_end_are_told_once_though_an_answer_was_lost(store: Store) -> None:
    put(store, keys.worker("w"), b'{"room": true}')
    losing = LosingStore(store, ["after", "", "before"])
    drain(losing, "w", Drain("ann", NOON, "a new disk"), PEER)
    undrain(losing, "w", Asker("bob", NOON + 1, PEER))
    assert [(e.what, e.by, e.peer, e.worker, e.reason) for e in told_of(store)] == [
        ("drained", "ann", PEER, "w", "a new disk"),
        ("undrained", "bob", PEER, "w", ""),
    ]


def test_a_drain_of_a_worker_that_is_drained_so_already_is_not_told_again(store: Store) -> None:
    put(store, keys.worker("w"), b'{"room": true}')
    for at, by, reason in ((0, "ann", "a disk"), (1, "bob", "a disk"), (2, "bob", "a move")):
        drain(store, "w", Drain(by, NOON + at, reason), PEER)
    assert [(e.what, e.by, e.reason) for e in told_of(store)] == [
        ("drained", "ann", "a disk"),
        ("drained", "bob", "a move"),
    ]


def test_a_worker_that_is_forgotten_is_told_of_once(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(hosts="all"))
    for key in (keys.fired("a#w"), keys.drain("w")):
        put(store, key, b"1700049600000")
    clock.ms += 1
    Forgetting(store, "UTC", clock).forget("w", "ann", PEER)
    _, entry = told_of(store)
    assert (entry.what, entry.by, entry.peer, entry.worker) == ("forgot", "ann", PEER, "w")
