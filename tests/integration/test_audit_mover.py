"""The audit's way to the log store: what waits, is moved, and is listed meanwhile."""

from __future__ import annotations

import base64
import random
from collections.abc import Sequence
from contextlib import closing

import pytest

from common.audit import AuditEntry
from common.audit_store import AuditFilter, AuditStore
from common.constants import AUDIT_DIR, KEEPER_CROWDED_KEY
from common.errors import LogStoreLost, LogStoreRefused
from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.mongo_log import MongoLogStore
from common.sqlite_log import SqliteLogStore
from common.store import Store, delete, put
from master.audit_box import audited
from master.audit_list import AuditList
from master.audit_mover import AT_ONCE, AuditMover
from master.edits import Edits
from master.health import Health
from master.request import Request
from tests.conftest import MongoDatabase
from tests.integration.auditing import told_of
from tests.integration.mastering import NOON, a_job, served
from tests.servers.etcd import EtcdServer, RunningEtcd
from tests.waiting import until

ASKED = Request("GET", "/healthz", {}, {}, b"", {}, ("127.0.0.1", 1), None)


@pytest.fixture
def store(any_store: Store) -> Store:
    """Both stores, empty."""
    return any_store


class FailingAudit:
    """An audit that takes nothing of what `refuses`, and nothing at all while it is away."""

    def __init__(self, audit: AuditStore) -> None:
        self._audit = audit
        self.away = False
        self.refuses = "nobody"

    def write(self, entries: Sequence[AuditEntry]) -> None:
        """As the audit, but for what it is told to fail at."""
        if self.away:
            raise LogStoreLost("no answer")
        if any(entry.by == self.refuses for entry in entries):
            raise LogStoreRefused("it is odd")
        self._audit.write(entries)

    def read(self, wanted: AuditFilter, after: str, limit: int) -> list[AuditEntry]:
        """As the audit."""
        if self.away:
            raise LogStoreLost("no answer")
        return self._audit.read(wanted, after, limit)

    def one(self, job: str, revision: int) -> AuditEntry | None:
        """As the audit."""
        return self._audit.one(job, revision)

    def remove(self, before_ms: int, limit: int) -> int:
        """As the audit."""
        return self._audit.remove(before_ms, limit)


def tell(store: Store, *bys: str) -> None:
    """Put an entry for each, a millisecond after the other."""
    for at, by in enumerate(bys):
        told = audited(AuditEntry(NOON + at, "run", by, job="a"))
        put(store, told.key, told.value)


def bys(entries: Sequence[AuditEntry]) -> list[str]:
    """Who asked."""
    return [entry.by for entry in entries]


def test_entries_are_moved_in_small_steps_and_leave_the_store(
    store: Store, logs: SqliteLogStore
) -> None:
    tell(store, *map(str, range(AT_ONCE + 20)))
    mover = AuditMover(store, logs.audit)
    mover.step()
    assert len(told_of(store)) == 20
    mover.step()
    assert told_of(store) == []
    assert mover.step() > 1
    kept = logs.audit.read(AuditFilter(), "", 1000)
    assert bys(kept) == list(map(str, reversed(range(AT_ONCE + 20))))
    assert all(entry.revision for entry in kept)


def test_what_was_written_and_not_removed_is_moved_again_to_no_harm(
    store: Store, logs: SqliteLogStore
) -> None:
    tell(store, "ann", "bob")
    logs.audit.write(told_of(store))
    AuditMover(store, logs.audit).step()
    assert told_of(store) == []
    assert bys(logs.audit.read(AuditFilter(), "", 10)) == ["bob", "ann"]


def test_while_the_log_store_is_away_entries_wait_and_are_told(
    store: Store, logs: SqliteLogStore
) -> None:
    failing = FailingAudit(logs.audit)
    mover, listed = AuditMover(store, failing), AuditList(store, failing)
    tell(store, "ann", "bob")
    failing.away = True
    with pytest.raises(LogStoreLost):
        mover.step()
    page = listed.page(AuditFilter(), "", 10)
    assert bys(page.entries) == ["bob", "ann"]
    assert "no answer" in page.problem
    failing.away = False
    mover.step()
    assert bys(listed.page(AuditFilter(), "", 10).entries) == ["bob", "ann"]
    assert listed.page(AuditFilter(), "", 10).problem == ""


def test_an_entry_that_is_refused_alone_stays_and_holds_up_no_other(
    store: Store, logs: SqliteLogStore
) -> None:
    failing = FailingAudit(logs.audit)
    mover = AuditMover(store, failing)
    tell(store, "ann", "odd", "bob")
    put(store, f"{AUDIT_DIR}nonsense", b"nonsense")
    failing.refuses = "odd"
    mover.step()
    mover.step()
    assert bys(logs.audit.read(AuditFilter(), "", 10)) == ["bob", "ann"]
    assert len(store.snapshot(AUDIT_DIR).entries) == 2


def test_what_waits_is_read_in_pages_also_behind_many_that_cannot_be_moved(
    store: Store, logs: SqliteLogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("master.audit_outbox.PAGE", 3)
    for number in range(7):
        put(store, f"{AUDIT_DIR}0-{number}", b"nonsense")
    tell(store, *map(str, range(8)))
    mover, listed = AuditMover(store, logs.audit), AuditList(store, logs.audit)
    newest = list(map(str, reversed(range(8))))
    assert bys(listed.page(AuditFilter(), "", 5).entries) == newest[:5]
    for moved in (2, 4, 6, 8):
        mover.step()
        assert bys(logs.audit.read(AuditFilter(), "", 10)) == newest[8 - moved :]
        assert bys(listed.page(AuditFilter(), "", 10).entries) == newest
    assert mover.step() > 1
    assert len(store.snapshot(AUDIT_DIR).entries) == 7


def test_a_log_store_that_refuses_all_keeps_all_waiting(store: Store, logs: SqliteLogStore) -> None:
    failing = FailingAudit(logs.audit)
    mover = AuditMover(store, failing)
    tell(store, "ann", "ann")
    failing.refuses = "ann"
    for _ in range(2):
        with pytest.raises(LogStoreRefused):
            mover.step()
    failing.refuses = "nobody"
    mover.step()
    assert told_of(store) == []


def test_pages_of_both_places_follow_each_other_without_gap_or_overlap(
    store: Store, logs: SqliteLogStore
) -> None:
    tell(store, *map(str, range(30)))
    entries = told_of(store)
    logs.audit.write(entries[:20])
    for entry in entries[:10]:
        delete(store, AUDIT_DIR + entry.identity)
    listed = AuditList(store, logs.audit)
    found, after = [], ""
    while page := listed.page(AuditFilter(job="a"), after, 7).entries:
        found += bys(page)
        after = page[-1].identity
    assert found == list(map(str, reversed(range(30))))


def test_where_very_many_wait_later_entries_keep_no_jobs_until_there_is_room(
    store: Store, logs: SqliteLogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("master.audit_mover.MANY", 3)
    failing = FailingAudit(logs.audit)
    mover, edits = AuditMover(store, failing), Edits(store, "UTC", lambda: NOON + 10)
    tell(store, "ann", "bob")
    failing.away = True
    for names in ((), ("eve", "dan", "tom")):
        tell(store, *names)
        with pytest.raises(LogStoreLost):
            mover.step()
    assert store.get(KEEPER_CROWDED_KEY) is not None
    (problem,) = Health(store).problems(ASKED)["problems"]
    assert problem == "5 entries of the audit (0 MiB) or more wait for the log store"
    assert Health(store).probe(ASKED).status == 200
    large = a_job(stdin=base64.b64encode(random.Random(7).randbytes(40_000)).decode())
    edits.save(large)
    assert (told_of(store)[-1].after, told_of(store)[-1].left_out) == (None, True)
    failing.away = False
    mover.step()
    mover.step()
    assert store.get(KEEPER_CROWDED_KEY) is None
    assert Health(store).problems(ASKED)["problems"] == []
    edits.save({**large, "paused": True})
    assert told_of(store)[-1].after is not None


def test_a_master_on_etcd_and_mongodb_takes_the_audit_to_its_collection(
    clean_etcd: EtcdServer | RunningEtcd,
    mongo_database: MongoDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("master.audit_mover.LOOK_SECONDS", 0.2)
    store = EtcdStore(EtcdSettings((clean_etcd.endpoint,), request_timeout_seconds=30.0))
    logs = MongoLogStore(mongo_database.settings)
    with closing(logs), closing(store), served(store, logs) as master:
        master.save(**a_job())
        master.post("/job/delete", name="a")
        until(lambda: told_of(store) == [], 20, "they are moved")
        kept = logs.audit.read(AuditFilter(job="a"), "", 10)
        assert [entry.what for entry in kept] == ["deleted", "created"]
        (deleted, created) = master.get("/api/v1/revisions", name="a").data["revisions"]
        assert [deleted["revision"], created["revision"]] == [e.revision for e in kept]
        restored = {"name": "a", "revision": created["revision"]}
        assert master.post_json("/api/v1/restore", restored).data["changed"] is True
