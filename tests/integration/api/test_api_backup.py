"""GET and POST /api/v1/backup over real sockets, and both stores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common import keys
from common.constants import JOB_SAVE_DIR
from common.sqlite_log import SqliteLogStore
from common.sqlite_store import SqliteStore
from common.store import Store, put
from tests.integration.mastering import Caller, a_job, contents, served

DRAIN = {"worker": "w", "by": "ann", "at": 1_700_000_000_000, "reason": "a new disk"}


@pytest.fixture
def store(any_store: Store) -> Store:
    """Both stores, empty."""
    return any_store


@pytest.fixture
def another(tmp_path: Path, logs: SqliteLogStore) -> Iterator[tuple[Caller, Store]]:
    """A master of an empty fleet elsewhere, in another zone, and its store."""
    store = SqliteStore(tmp_path / "another.db")
    with served(store, logs, "Asia/Tokyo") as caller:
        yield caller, store
    store.close()


def fill(master: Caller, store: Store) -> None:
    """Jobs of many kinds, one of them the Go master's and one malformed, and a drain."""
    master.save(**a_job(cronExpr="H H * * *", timezone="Europe/Berlin", hosts=2, labels={"a": "b"}))
    master.save(**a_job(name="argv", command=None, argv=["echo", "a b"], env={"X": "ü"}))
    master.save(**a_job(name="paused"))
    master.post_json("/api/v1/pause", {"name": "paused", "reason": "a move"})
    go = a_job(name="名", command="date") | {"theirs": {"deep": [1.5, None]}}
    put(store, keys.job("名"), json.dumps(go).encode())
    put(store, keys.job("odd"), b"nonsense")
    put(store, keys.drain("w"), json.dumps({k: DRAIN[k] for k in ("by", "at", "reason")}).encode())


def without_revisions(checked: dict[str, Any]) -> dict[str, Any]:
    """What was told of a check, as it is told of what was done."""
    jobs = [{k: v for k, v in job.items() if k != "revision"} for job in checked["jobs"]]
    return checked | {"jobs": jobs}


def jobs_of(store: Store) -> dict[str, Any]:
    """Every job's document."""
    entries = store.snapshot(JOB_SAVE_DIR).entries
    return {
        e.key.removeprefix(JOB_SAVE_DIR): json.loads(e.value)
        for e in entries
        if e.value != b"nonsense"
    }


def test_a_backup_given_back_to_an_empty_fleet_makes_equal_jobs_and_drains(
    master: Caller, store: Store, another: tuple[Caller, Store]
) -> None:
    fill(master, store)
    backup = master.get("/api/v1/backup").data
    assert (backup["fleetcron"], backup["zone"], backup["drains"]) == (1, "UTC", [DRAIN])
    assert [each["name"] for each in backup["left"]] == ["odd"]
    assert {job["name"]: job for job in backup["jobs"]} == jobs_of(store)
    empty, elsewhere = another
    done = empty.post_json("/api/v1/backup", backup).data
    assert [job["changed"] for job in done["jobs"]] == [True] * 4
    assert done["zone"] == "Asia/Tokyo"
    expected = jobs_of(store)
    expected["名"]["timezone"] = "UTC"
    assert jobs_of(elsewhere) == expected
    again = empty.get("/api/v1/backup").data
    assert again["drains"] == [DRAIN]
    assert sorted(again["jobs"], key=str) == sorted(expected.values(), key=str)
    restored = empty.get("/api/v1/audit", what="restored").data["entries"]
    assert {entry.get("job") or entry["worker"] for entry in restored} == {*expected, "w"}
    assert all(entry["reason"].startswith("the backup of 20") for entry in restored)


def test_a_backup_given_back_twice_changes_nothing_the_second_time(
    master: Caller, store: Store
) -> None:
    fill(master, store)
    backup = master.get("/api/v1/backup").data
    master.save(**a_job(command="false", owner="eve"))
    master.post("/job/delete", name="argv")
    checked = master.post_json("/api/v1/backup?check=1", backup).data
    assert [job["name"] for job in checked["jobs"] if job["changed"]] == ["a", "argv", "名"]
    assert without_revisions(checked) == master.post_json("/api/v1/backup", backup).data
    before = contents(store)
    again = master.post_json("/api/v1/backup", backup).data
    assert not any(each["changed"] for each in [*again["jobs"], *again["drains"]])
    assert contents(store) == before


def test_what_is_refused_is_named_and_changes_nothing_when_it_is_checked(
    master: Caller, store: Store
) -> None:
    backup = master.get("/api/v1/backup").data
    backup["jobs"] = [a_job(), a_job(name="odd", cronExpr="whenever"), {"name": "no"}]
    before = contents(store)
    checked = master.post_json("/api/v1/backup?check=1", backup).data
    assert [job.get("problem", "")[:10] for job in checked["jobs"]] == [
        "",
        "cronExpr: ",
        "command: i",
    ]
    assert contents(store) == before
    assert without_revisions(checked) == master.post_json("/api/v1/backup", backup).data
    assert set(jobs_of(store)) == {"a"}


def test_a_job_that_was_changed_since_the_backup_was_checked_stays_as_it_is(
    master: Caller, store: Store
) -> None:
    for name in ("edited", "deleted", "made", "left", "gone"):
        master.save(**a_job(name=name))
    backup = master.get("/api/v1/backup").data
    master.post("/job/delete", name="made")
    master.post("/job/delete", name="gone")
    master.save(**a_job(name="deleted", command="false"))
    checked = master.post_json("/api/v1/backup?check=1", backup).data["jobs"]
    revisions = {job["name"]: job["revision"] for job in checked}
    assert (revisions["made"], bool(revisions["left"])) == (0, True)
    master.save(**a_job(name="edited", command="echo others"))
    master.post("/job/delete", name="deleted")
    master.save(**a_job(name="made", command="echo others"))
    done = master.post_json("/api/v1/backup", backup | {"checked": revisions}).data["jobs"]
    told = {job["name"]: job.get("problem", job["changed"]) for job in done}
    others = "it was changed meanwhile by somebody else"
    assert told == {
        "edited": others, "deleted": others, "made": others, "left": False, "gone": True,
    }  # fmt: skip
    assert "deleted" not in jobs_of(store)
    assert {jobs_of(store)[name]["command"] for name in ("edited", "made")} == {"echo others"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"fleetcron": 2}, "fleetcron: the backup is of a newer format (2)"),
        ({"fleetcron": None}, "fleetcron: is missing"),
        ({"fleetcron": True}, "fleetcron: is missing"),
        ({"at": "today"}, "at: expected milliseconds"),
        ({"at": 10**18}, "at: expected milliseconds"),
        ({"zone": None}, "zone: is missing"),
        ({"zone": "Mars"}, "zone: "),
        ({"zone": 5}, "zone: expected text, got a number"),
        ({"jobs": {}}, "jobs: expected a list, got an object"),
        ({"jobs": [1]}, "jobs[1]: expected an object, got a number"),
        ({"jobs": [a_job(), {"name": 1}]}, "jobs[2].name: expected text"),
        ({"jobs": [a_job(), a_job()]}, "a: comes twice"),
        ({"drains": [{}]}, "drains: expected the name of a worker"),
        ({"drains": [DRAIN, DRAIN]}, "w: comes twice"),
        ({"users": []}, "users: is not a field of this call"),
        ({"checked": []}, "checked: expected an object, got a list"),
        ({"checked": {"a": "1"}}, "checked: expected whole numbers, and that of 'a' is none"),
    ],
)
def test_what_is_no_backup_is_refused_as_a_whole(
    master: Caller, store: Store, change: dict[str, Any], sentence: str
) -> None:
    backup = master.get("/api/v1/backup").data | {"jobs": [a_job()]}
    before = contents(store)
    answer = master.post_json("/api/v1/backup", backup | change)
    assert (answer.status, answer.msg[: len(sentence)]) == (400, sentence)
    assert contents(store) == before
