"""Forgetting a worker that is gone for good."""

from __future__ import annotations

import pytest

from common import keys
from common.job import Job, pack_job
from common.store import Store, put
from common.watermark import pack_watermark
from master.edits import Edits
from master.forgetting import GONE, Forgetting
from master.refusals import NoSuchWorker
from tests.integration.mastering import HOURLY, NOON, TurnedClock, a_job, contents, owed_by

GONE_ONE, OTHER = "10.0.0.1", "10.0.0.10"
HOUR = 3_600_000


@pytest.fixture
def forgetting(store: Store, clock: TurnedClock) -> Forgetting:
    """What forgets in a fleet that lives by UTC."""
    return Forgetting(store, "UTC", clock)


def claimed(store: Store, unit: str) -> None:
    """Leave a watermark as a claim would have, two hours ago."""
    put(store, keys.fired(unit), pack_watermark(NOON - 2 * HOUR))


def test_a_forgotten_worker_s_shares_go_and_what_they_owed_is_recorded(
    store: Store, edits: Edits, forgetting: Forgetting
) -> None:
    for name in ("a", "b"):
        edits.save(a_job(name=name, hosts="all"))
        claimed(store, f"{name}#{GONE_ONE}")
        claimed(store, f"{name}#{OTHER}")
    put(store, keys.drain(GONE_ONE), b"{}")
    answer = {"worker": GONE_ONE, "jobs": ["a", "b"], "drain": True}
    assert forgetting.forget(GONE_ONE) == answer
    left = {entry.key for entry in store.snapshot("/cron/fired/").entries}
    assert left == {keys.fired(f"{name}#{OTHER}") for name in ("a", "b")}
    assert store.get(keys.drain(GONE_ONE)) is None
    (owed,) = owed_by(store, "a").values()
    assert (owed.plan_time, owed.outcome, owed.reason) == (NOON, "missed", GONE)
    assert owed.gap
    assert owed.gap.count == 1


@pytest.mark.parametrize(
    ("key", "says"),
    [(keys.worker(GONE_ONE), "is registered"), (keys.alive(f"{GONE_ONE}.0a1b2c3d"), "lease")],
)
def test_a_worker_that_is_there_is_not_forgotten(
    store: Store, edits: Edits, forgetting: Forgetting, key: str, says: str
) -> None:
    edits.save(a_job(hosts="all"))
    claimed(store, f"a#{GONE_ONE}")
    put(store, key, b"{}")
    before = contents(store)
    with pytest.raises(NoSuchWorker, match=says):
        forgetting.forget(GONE_ONE)
    assert contents(store) == before


def test_a_worker_of_which_nothing_is_known_is_told_to_be_so(
    store: Store, forgetting: Forgetting
) -> None:
    put(store, keys.alive(f"{OTHER}.0a1b2c3d"), b"{}")
    with pytest.raises(NoSuchWorker, match="nothing is known"):
        forgetting.forget(GONE_ONE)


def test_numbered_shares_and_jobs_that_are_called_like_a_share_stay(
    store: Store, edits: Edits, forgetting: Forgetting
) -> None:
    edits.save(a_job(hosts=2))
    job = Job(f"a#{GONE_ONE}", "true", HOURLY)
    put(store, keys.job(job.name), pack_job(job))
    claimed(store, job.name)
    before = contents(store)
    for name in ("0", GONE_ONE):
        with pytest.raises(NoSuchWorker):
            forgetting.forget(name)
    assert contents(store) == before
