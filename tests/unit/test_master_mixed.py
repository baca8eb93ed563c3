"""What who saves a job is told while workers of the Go system are registered."""

from dataclasses import replace
from pathlib import Path

import pytest

from common import keys
from common.job import Job
from common.sqlite_store import SqliteStore
from common.store import delete, put
from master.mixed import unheard_of, warnings

PLAIN = Job("a", "true", "* * * * *")


@pytest.mark.parametrize(
    ("job", "fields"),
    [
        (replace(PLAIN, where=("role=db",), hosts=2), "where, hosts: "),
        (replace(PLAIN, overlap="queue"), "overlap: "),
        (replace(PLAIN, paused=True), "paused: "),
    ],
)
def test_what_go_workers_do_not_heed_is_said_by_its_fields(job: Job, fields: str) -> None:
    (warning,) = warnings(job, ["10.0.0.2", "10.0.0.1"])
    assert warning.startswith(fields)
    assert "(10.0.0.1, 10.0.0.2)" in warning
    assert warnings(job, []) == []
    assert warnings(PLAIN, ["10.0.0.1"]) == []


def test_only_as_long_as_go_workers_are_registered(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    paused = replace(PLAIN, paused=True)
    put(store, keys.worker("10.0.0.1"), b"{}")
    assert unheard_of(store, [PLAIN, paused]) == [[], []]
    put(store, keys.worker("10.0.0.2"), b"")
    plain, warned = unheard_of(store, [PLAIN, paused])
    assert plain == []
    assert "(10.0.0.2)" in warned[0]
    delete(store, keys.worker("10.0.0.2"))
    assert unheard_of(store, [paused]) == [[]]
    store.close()
