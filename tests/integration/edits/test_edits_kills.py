"""Kills against real stores."""

from __future__ import annotations

import pytest

from common import keys
from common.store import Store, put
from master.edits import Edits
from master.kills import kill
from master.refusals import NoSuchJob
from tests.integration.mastering import (
    a_job,
    contents,
)


def test_a_kill_puts_the_empty_marker_under_a_lease_of_an_hour(store: Store, edits: Edits) -> None:
    edits.save(a_job())
    kill(store, "a")
    entry = store.get(keys.killer("a"))
    assert entry is not None
    assert entry.value == b""
    assert 3500 < store.renew(entry.lease) <= 3600


@pytest.mark.parametrize("left", ["/cron/lock/gone", "/cron/runs/gone/gone@1700049600000"])
def test_a_job_that_is_gone_but_runs_can_be_killed(store: Store, left: str) -> None:
    put(store, left, b"something")
    kill(store, "gone")
    assert store.get(keys.killer("gone")) is not None


def test_a_kill_of_nothing_is_refused_and_puts_nothing(store: Store) -> None:
    put(store, "/cron/runs/gone2/x", b"of another job")
    before = contents(store)
    with pytest.raises(NoSuchJob, match="no job named 'gone'"):
        kill(store, "gone")
    assert contents(store) == before


def test_a_second_kill_is_newer_than_the_first(store: Store, edits: Edits) -> None:
    edits.save(a_job())
    kill(store, "a")
    first = store.get(keys.killer("a"))
    kill(store, "a")
    second = store.get(keys.killer("a"))
    assert first is not None
    assert second is not None
    assert second.revision > first.revision
