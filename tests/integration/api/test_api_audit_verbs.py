"""Every way to change something, and the entry that it leaves: what, who, when, whence, of what."""

from __future__ import annotations

import getpass
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from common import keys
from common.audit import EDITS, WHATS
from common.store import Store, put
from tests.integration.mastering import Answer, Caller, a_job, contents

ME = getpass.getuser() if os.getuid() else "root"
DRAIN = {"by": "ann", "at": 1_700_000_000_000, "reason": "a new disk"}
OLD = a_job(timezone="UTC", owner="eve")
"""The job that is there before each call, saved by somebody's own hand."""


@dataclass
class Called:
    """A way to change something, and what the audit is to say of it."""

    ask: Callable[[Caller], Answer]
    what: str
    fields: list[str] = field(default_factory=list)
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    more: dict[str, Any] = field(default_factory=dict)
    """Whatever else the entry says."""


def asking(path: str, **body: Any) -> Callable[[Caller], Answer]:
    """A call that takes JSON."""
    return lambda master: master.post_json(path, body)


def saving(**job: Any) -> Callable[[Caller], Answer]:
    """A save by the fixed interface's form."""
    return lambda master: master.save(**job)


def saving_all(*jobs: dict[str, Any]) -> Callable[[Caller], Answer]:
    """A save of several jobs by our own call, as `job save --file` makes it."""
    return lambda master: master.post_json("/api/v1/jobs", list(jobs))


def posting(path: str) -> Callable[[Caller], Answer]:
    """A form that names the job `a`."""
    return lambda master: master.post(path, name="a")


def restoring(**part: Any) -> Callable[[Caller], Answer]:
    """A backup that is given back."""
    head = {"fleetcron": 1, "at": 1_700_000_000_000, "zone": "UTC"}
    return asking("/api/v1/backup", **head, **part)


def restoring_revision(master: Caller) -> Answer:
    """The job as it was by the change that nobody made by a master."""
    revision = master.get("/api/v1/revisions", name="a").data["revisions"][0]["revision"]
    master.save(**a_job(command="false"))
    return master.post_json("/api/v1/restore", {"name": "a", "revision": revision})


NEW = a_job(name="b", timezone="UTC")
CHANGED = OLD | {"command": "false"}
PAUSED = OLD | {"paused": True, "pauseReason": "a move", "pausedBy": ME}
PAUSE = ["pauseReason", "paused", "pausedBy"]
OF_BACKUP = {"reason": "the backup of 2023-11-14T22:13:20+00:00"}
CALLS = {
    "save a new job": Called(saving(**NEW), "created", after=NEW),
    "save": Called(saving(**a_job(command="false")), "changed", ["command"], OLD, CHANGED),
    "save a new one by JSON": Called(saving_all(NEW), "created", after=NEW),
    "save by JSON": Called(
        saving_all(a_job(command="false")), "changed", ["command"], OLD, CHANGED
    ),
    "delete": Called(posting("/job/delete"), "deleted", before=OLD),
    "pause": Called(
        asking("/api/v1/pause", name="a", reason="a move"),
        "paused", PAUSE, OLD, PAUSED, {"reason": "a move"},
    ),
    "pause by a save": Called(
        saving(**a_job(paused=True, pauseReason="a move")),
        "paused", PAUSE, OLD, PAUSED, {"reason": "a move"},
    ),
    "resume": Called(asking("/api/v1/resume", name="a"), "resumed", PAUSE, PAUSED, OLD),
    "resume by a save": Called(
        saving(**a_job(paused=False)), "resumed", PAUSE, PAUSED, OLD
    ),
    "restore a revision": Called(
        restoring_revision, "restored", ["command"], CHANGED, OLD, {"reason": "revision "}
    ),
    "restore a backup's job": Called(
        restoring(jobs=[CHANGED]), "restored", ["command"], OLD, CHANGED, OF_BACKUP
    ),
    "restore a job that is gone": Called(
        restoring(jobs=[NEW]), "restored", after=NEW, more=OF_BACKUP
    ),
    "restore without a job": Called(restoring(surplus=["a"]), "deleted", before=OLD),
    "restore a drain": Called(
        restoring(drains=[DRAIN | {"worker": "v"}]),
        "restored", more=OF_BACKUP | {"worker": "v"},
    ),
    "kill": Called(posting("/job/kill"), "killed"),
    "kill and wait": Called(asking("/api/v1/kill", name="a", waitSeconds=0), "killed"),
    "run": Called(asking("/api/v1/run", name="a"), "run", more={"runId": "a@"}),
    "run on a worker": Called(
        asking("/api/v1/run", name="a", worker="w"), "run", more={"runId": "a@", "worker": "w"}
    ),
    "drain": Called(
        asking("/api/v1/worker/drain", worker="w", reason="a disk", waitSeconds=0),
        "drained", more={"worker": "w", "reason": "a disk"},
    ),
    "undrain": Called(
        asking("/api/v1/worker/undrain", worker="gone", waitSeconds=0),
        "undrained", more={"worker": "gone"},
    ),
    "forget": Called(
        asking("/api/v1/worker/forget", worker="gone"), "forgot", more={"worker": "gone"}
    ),
}  # fmt: skip


@pytest.fixture
def store(any_store: Store) -> Store:
    """Both stores, empty."""
    return any_store


def test_every_kind_of_entry_has_a_call_that_leaves_it() -> None:
    assert {call.what for call in CALLS.values()} == set(WHATS)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_call_that_changes_something_leaves_one_entry(
    master: Caller, store: Store, call: Called
) -> None:
    there = call.before if call.what == "resumed" else OLD
    put(store, keys.job("a"), json.dumps(there).encode())
    put(store, keys.worker("w"), b'{"room": true}')
    put(store, keys.drain("gone"), json.dumps(DRAIN).encode())
    begun = time.time() * 1000
    answer = call.ask(master)
    assert answer.errno == 0, answer.msg
    entry, *others = master.get("/api/v1/audit").data["entries"]
    assert len(others) == (1 if call.ask is restoring_revision else 0)
    assert (entry["what"], entry["by"], entry["from"]) == (call.what, ME, "127.0.0.1")
    assert begun - 1 <= entry["at"] <= time.time() * 1000
    assert (entry.get("before"), entry.get("after")) == (call.before, call.after)
    assert entry.get("fields", []) == call.fields
    for name, value in call.more.items():
        assert entry[name].startswith(value)
    subject = (call.after or call.before or {"name": "a"})["name"]
    assert entry.get("job") == (subject if "worker" not in call.more or "runId" in entry else None)
    current = store.get(keys.job(subject))
    if call.what in EDITS and current is not None and call.after:
        assert entry["revision"] == current.revision


@pytest.mark.parametrize(
    "ask",
    [
        saving(**a_job()),
        saving_all(a_job()),
        restoring(jobs=[OLD]),
        asking("/api/v1/resume", name="a"),
    ],
    ids=["save", "save by JSON", "restore", "resume"],
)
def test_a_call_that_changes_nothing_leaves_none(
    master: Caller, store: Store, ask: Callable[[Caller], Answer]
) -> None:
    put(store, keys.job("a"), json.dumps(OLD).encode())
    before = contents(store)
    answer = ask(master)
    assert answer.errno == 0, answer.msg
    assert contents(store) == before
    assert master.get("/api/v1/audit").data["entries"] == []
