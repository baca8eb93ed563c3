"""Keeping house: one master at a time, in small steps, and the audit's way to the log store."""

from __future__ import annotations

import base64
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from common.audit import AuditEntry
from common.audit_store import AuditFilter, AuditStore
from common.clock import SystemClock
from common.constants import AUDIT_DIR, KEEPER_CROWDED_KEY, KEEPER_KEY
from common.errors import LogStoreLost, LogStoreRefused
from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.loop import Loop
from common.mongo_log import MongoLogStore
from common.mongo_settings import MongoSettings
from common.sqlite_log import SqliteLogStore
from common.store import Entry, Store, delete, put
from master.audit_box import audited
from master.audit_list import AuditList
from master.audit_mover import AT_ONCE, AuditMover
from master.edits import Edits
from master.health import Health
from master.keeper import SEEK_SECONDS, Keeper
from master.leadership import Leadership
from master.request import Request
from tests.conftest import MongoDatabase
from tests.integration.auditing import told_of
from tests.integration.losing import LosingStore
from tests.integration.mastering import NOON, STORES, a_job, opened_store, served
from tests.servers.etcd import EtcdServer, RunningEtcd
from tests.turned_clock import TurnedClock
from tests.waiting import until

ASKED = Request("GET", "/healthz", {}, {}, b"", {}, ("127.0.0.1", 1), None)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Both stores, empty."""
    with opened_store(request, tmp_path) as store:
        yield store


class Ticking:
    """A chore that announces its steps."""

    name = "ticking"

    def __init__(self) -> None:
        self.steps = self.terms = 0
        self.stepped = threading.Event()

    def begin(self) -> None:
        """Count it."""
        self.terms += 1

    def step(self) -> float:
        """Announce it."""
        self.steps += 1
        self.stepped.set()
        return 0.01


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


def test_one_of_two_masters_has_the_place_and_the_other_takes_it_when_it_is_free(
    store: Store,
) -> None:
    one, other = (Leadership(store, SystemClock(), name) for name in "ab")
    for each in (one, other, one, other):
        each.seek()
    assert (one.holds(), other.holds()) == (True, False)
    one.resign()
    one.resign()
    assert store.get(KEEPER_KEY) is None
    other.seek()
    assert (one.holds(), other.holds()) == (False, True)


def test_a_place_that_was_taken_by_hand_is_given_up_at_the_next_look(store: Store) -> None:
    one, other = (Leadership(store, SystemClock(), name) for name in "ab")
    one.seek()
    delete(store, KEEPER_KEY)
    other.seek()
    one.seek()
    assert (one.holds(), other.holds()) == (False, True)


def test_a_place_without_a_renewal_is_held_to_be_lost_before_its_lease_ends(store: Store) -> None:
    clock = TurnedClock()
    one = Leadership(store, clock, "a")
    one.seek()
    clock.turn(24)
    assert one.holds()
    clock.turn(2)
    assert not one.holds()
    one.seek()
    assert one.holds()


@pytest.mark.parametrize("loss", ["before", "after"])
def test_a_place_whose_answer_was_lost_is_ours_by_the_second_look(store: Store, loss: str) -> None:
    one = Leadership(LosingStore(store, [loss]), SystemClock(), "a")
    with pytest.raises(Exception, match="no answer"):
        one.seek()
    assert not one.holds()
    one.seek()
    assert one.holds()


def test_a_keeper_does_its_chores_and_leaves_the_place_at_its_end(store: Store) -> None:
    def died(name: str, error: BaseException) -> None:
        raise AssertionError(name) from error

    first, second = Ticking(), Ticking()
    loops = [
        Loop(Keeper(Leadership(store, SystemClock(), chore.name), (chore,), SystemClock()), died)
        for chore in (first, second)
    ]
    loops[0].start()
    until(lambda: first.steps > 3, why="it does its chore")
    loops[1].start()
    loops[0].ask()
    loops[0].ask()
    assert loops[0].join(10)
    assert store.get(KEEPER_KEY) is None
    assert second.steps == 0
    loops[1].ask()
    assert loops[1].join(10)


def test_a_master_that_stops_leaves_the_place_to_another_at_once(
    store: Store, logs: SqliteLogStore
) -> None:
    """And not at the next look, which is in ten seconds."""
    with served(store, logs):
        first = until(lambda: store.get(KEEPER_KEY), 10, "one keeps house")
        other = served(store, logs)
        other.__enter__()
    begun = time.monotonic()
    until(lambda: _another(store, first), 5, "the other keeps house")
    assert time.monotonic() - begun < SEEK_SECONDS / 2
    other.__exit__(None, None, None)
    assert store.get(KEEPER_KEY) is None


def _another(store: Store, than: Entry) -> bool:
    there = store.get(KEEPER_KEY)
    return there is not None and there.revision != than.revision


def test_chores_are_begun_anew_whenever_the_place_was_taken_anew(store: Store) -> None:
    chore, clock = Ticking(), TurnedClock()
    one, other = (Leadership(store, clock, name) for name in "ab")
    keeper = Keeper(one, (chore,), clock)

    def go_on(seconds: float) -> tuple[int, int]:
        clock.turn(seconds)
        keeper.look()
        keeper.step()
        return chore.terms, chore.steps

    assert go_on(0) == (1, 1)
    assert go_on(9) == (1, 2)
    delete(store, KEEPER_KEY)
    other.seek()
    assert go_on(9) == (1, 2)
    other.resign()
    assert go_on(9) == (2, 3)


def test_a_keeper_that_never_started_stops(store: Store) -> None:
    loop = Loop(Keeper(Leadership(store, SystemClock(), "a"), (), SystemClock()), lambda *_: None)
    loop.ask()
    assert loop.join(1)


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
    edits.save(large)
    assert told_of(store)[-1].after is not None


def test_when_one_of_two_keepers_ends_the_other_goes_on_and_never_both(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def died(name: str, error: BaseException) -> None:
        raise AssertionError(name) from error

    monkeypatch.setattr("master.keeper.SEEK_SECONDS", 0.05)
    chores = [Ticking(), Ticking()]
    loops = [
        Loop(Keeper(Leadership(store, SystemClock(), name), (chore,), SystemClock()), died)
        for name, chore in zip("ab", chores, strict=True)
    ]
    for loop in loops:
        loop.start()
    until(lambda: sum(chore.steps for chore in chores) > 10, why="one keeps house")
    assert min(chore.steps for chore in chores) == 0
    at = 0 if chores[0].steps else 1
    loops[at].ask()
    assert loops[at].join(10)
    done = chores[at].steps
    until(lambda: chores[1 - at].steps > 3, why="the other keeps house")
    assert chores[at].steps == done
    loops[1 - at].ask()
    assert loops[1 - at].join(10)


def test_a_master_on_etcd_and_mongodb_takes_the_audit_to_its_collection(
    clean_etcd: EtcdServer | RunningEtcd,
    mongo_database: MongoDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("master.audit_mover.LOOK_SECONDS", 0.2)
    store = EtcdStore(EtcdSettings((clean_etcd.endpoint,), request_timeout_seconds=30.0))
    logs = MongoLogStore(
        MongoSettings(
            mongo_database.uri, database=mongo_database.name, operation_timeout_seconds=30
        )
    )
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
