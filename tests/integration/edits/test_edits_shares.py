"""Edits of jobs on several hosts: what becomes of the watermarks of their shares."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from common import keys
from common.job import Job, pack_job
from common.store import Store, put
from common.watermark import pack_watermark, unpack_watermark
from master.edits import Edits
from tests.integration.mastering import HOURLY, NOON, TurnedClock, a_job, owed_by, watermark

WORKERS = ("10.0.0.1", "10.0.0.2:b")
HOUR = 3_600_000


def claimed(store: Store, shares: Iterable[str], at_ms: int = NOON - HOUR) -> None:
    """Leave watermarks of these shares as their claims would have."""
    for share in shares:
        put(store, keys.fired(f"a#{share}"), pack_watermark(at_ms))


def resting(store: Store) -> dict[str, tuple[int, bool]]:
    """Every share of the job: its watermark, and whether it rests."""
    prefix = keys.fired("a#")
    return {
        entry.key.removeprefix(prefix): (unpack_watermark(entry.value), bool(entry.lease))
        for entry in store.snapshot(prefix).entries
    }


def test_a_new_schedule_moves_every_share_and_records_what_each_owed(
    store: Store, edits: Edits
) -> None:
    edits.save(a_job(hosts="all"))
    claimed(store, WORKERS, NOON - 2 * HOUR)
    edits.save(a_job(cronExpr="30 * * * *"))
    assert resting(store) == dict.fromkeys(WORKERS, (NOON, False))
    owed = owed_by(store, "a")
    assert set(owed) == {f"a#{worker}@{NOON}" for worker in WORKERS}
    assert all(each.outcome == "missed" and each.gap for each in owed.values())


def test_a_save_that_changes_no_instant_leaves_the_shares_alone(store: Store, edits: Edits) -> None:
    edits.save(a_job(hosts="all"))
    claimed(store, WORKERS)
    edits.save(a_job(hosts="all", command="false"))
    assert resting(store) == dict.fromkeys(WORKERS, (NOON - HOUR, False))
    assert owed_by(store, "a") == {}


def test_numbered_shares_begin_with_the_save(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(hosts=2))
    assert resting(store) == {"0": (NOON, False), "1": (NOON, False)}
    assert watermark(store, "a") is None
    clock.ms += 1000
    edits.save(a_job(hosts=3))
    assert resting(store)["2"] == (NOON + 1000, False)


def test_a_job_that_leaves_several_hosts_lays_its_shares_to_rest(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(hosts=3))
    clock.ms += HOUR
    edits.save(a_job(hosts="any"))
    now = clock.ms
    assert resting(store) == {str(share): (now, True) for share in range(3)}
    assert watermark(store, "a") == now
    assert set(owed_by(store, "a")) == {f"a#{share}@{now}" for share in range(3)}


def test_a_job_that_comes_to_several_hosts_lays_its_own_watermark_to_rest(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job())
    clock.ms += HOUR
    edits.save(a_job(hosts="all"))
    entry = store.get(keys.fired("a"))
    assert entry
    assert entry.lease
    assert set(owed_by(store, "a")) == {f"a@{clock.ms}"}


@pytest.mark.parametrize("before", [None, "any", 2])
def test_shares_of_workers_that_are_there_begin_with_the_save(
    store: Store, edits: Edits, clock: TurnedClock, before: str | int | None
) -> None:
    for worker in (*WORKERS, "10.0.0.3"):
        said = {"labels": {"role": "db"}, "draining": worker == "10.0.0.3"}
        put(store, keys.worker(worker), json.dumps(said).encode())
    put(store, keys.worker("10.0.0.4"), b"")
    put(store, keys.worker("10.0.0.5"), json.dumps({"labels": {"role": "web"}}).encode())
    if before:
        edits.save(a_job(hosts=before))
    clock.ms += HOUR
    edits.save(a_job(hosts="all", where=["role=db"]))
    awake = {share: fired for share, (fired, rests) in resting(store).items() if not rests}
    assert awake == dict.fromkeys(WORKERS, clock.ms)
    clock.ms += HOUR
    edits.save(a_job(hosts="all", where=[]))
    assert set(resting(store)) - {"0", "1"} == set(WORKERS)


def test_shares_that_a_change_by_hand_left_behind_owe_nothing_of_the_time_between(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(hosts="all"))
    claimed(store, WORKERS)
    put(store, keys.job("a"), pack_job(Job("a", "true", "0 * * * *", timezone="UTC")))
    clock.ms += 3 * HOUR
    edits.save(a_job(hosts="all"))
    assert resting(store) == dict.fromkeys(WORKERS, (clock.ms, False))
    assert not [run_id for run_id in owed_by(store, "a") if "#" in run_id]


def test_shares_that_there_are_no_more_rest_and_the_others_go_on(
    store: Store, edits: Edits, clock: TurnedClock
) -> None:
    edits.save(a_job(hosts=3))
    clock.ms += 1000
    edits.save(a_job(hosts=2))
    assert {share: rests for share, (_, rests) in resting(store).items()} == {
        "0": False,
        "1": False,
        "2": True,
    }
    clock.ms += 1000
    edits.save(a_job(hosts=3))
    assert resting(store) == {str(share): (clock.ms, False) for share in range(3)}


@pytest.mark.parametrize("many", [29, 75])
def test_a_deleted_job_lays_all_its_shares_to_rest(store: Store, edits: Edits, many: int) -> None:
    edits.save(a_job(hosts="all"))
    workers = [f"10.0.0.{number}" for number in range(many)]
    claimed(store, workers)
    edits.delete("a")
    assert resting(store) == dict.fromkeys(workers, (NOON, True))
    assert len(owed_by(store, "a")) == many


def test_many_shares_move_with_a_save_too(store: Store, edits: Edits) -> None:
    edits.save(a_job(hosts="all"))
    workers = [f"10.0.0.{number}" for number in range(75)]
    claimed(store, workers)
    edits.save(a_job(cronExpr="30 * * * *"))
    assert resting(store) == dict.fromkeys(workers, (NOON, False))
    assert len(owed_by(store, "a")) == 75


def test_a_job_that_is_called_like_a_share_is_none(store: Store, edits: Edits) -> None:
    edits.save(a_job(hosts="all"))
    job = Job("a#10.0.0.1", "true", HOURLY)
    put(store, keys.job(job.name), pack_job(job))
    claimed(store, WORKERS)
    edits.save(a_job(cronExpr="30 * * * *"))
    assert resting(store) == {
        "10.0.0.1": (NOON - HOUR, False),
        "10.0.0.2:b": (NOON, False),
    }


def test_a_save_that_fails_leaves_no_lease_behind(store: Store, edits: Edits) -> None:
    edits.save(a_job(hosts=2, cronExpr=HOURLY))
    before = store.snapshot("/cron/").entries
    with pytest.raises(Exception, match="cronExpr"):
        edits.save(a_job(hosts="any", cronExpr="no such thing"))
    assert store.snapshot("/cron/").entries == before
