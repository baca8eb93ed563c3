"""The watch thread: what changes in the store is told once, in order, and bad values do no harm."""

import json
import time
from collections.abc import Iterator

import pytest

from common import keys
from common.clock import SystemClock, read
from common.clock_news import ClockNews
from common.clocks import Clocks
from common.constants import CLOCK_DIR, JOB_SAVE_DIR
from common.job import Job, pack_job
from common.store import Entry, Put, Snapshot, Store, Transaction, delete, put
from tests.waiting import until
from worker.events import JobGone, JobSaved, JobsSaved, KillAsked, WorkersSeen
from worker.lives import Lives
from worker.members import Member
from worker.watch import PREFIXES, SLICE, Watcher, follow

Heard = list[JobSaved | JobsSaved | JobGone | KillAsked | WorkersSeen]


class Desk:
    """A watcher whose steps a test makes, and what it told."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.heard: Heard = []
        self.clocks = Clocks()
        news = ClockNews(self.clocks, SystemClock(), keys.worker("me"))
        watch = follow(store)
        self.dead: list[str] = []
        lives = Lives(lambda: "me.1", self.dead.append, self.dead.append)
        self.watcher = Watcher(watch, "Europe/Berlin", self.heard.append, news, lives)

    def hear(self, count: int) -> Heard:
        """Make steps until so many were told; they are then forgotten."""
        until(lambda: self._step() >= count, why=f"{count} events")
        told = list(self.heard)
        self.heard.clear()
        return told

    def _step(self) -> int:
        """How many were told after one more step."""
        self.watcher.step()
        return len(self.heard)


@pytest.fixture
def desk(any_store: Store) -> Iterator[Desk]:
    """A desk on an empty store."""
    made = Desk(any_store)
    assert made.hear(1) == [WorkersSeen(())]
    for _ in PREFIXES[1:]:
        made.watcher.step()
    yield made
    made.watcher.close()


def save(store: Store, name: str, expr: str = "* * * * *") -> int:
    """Put a job; its revision."""
    return put(store, keys.job(name), pack_job(Job(name, "true", expr))).revision


def test_a_save_an_edit_a_kill_and_a_deletion_are_told_in_order(desk: Desk) -> None:
    first = save(desk.store, "a")
    second = save(desk.store, "a", "0 3 * * *")
    told = [event for event in desk.hear(2) if isinstance(event, JobSaved)]
    assert [(e.job.revision, e.job.created) for e in told] == [(first, first), (second, first)]
    killed = put(desk.store, keys.killer("a"), b"").revision
    assert desk.hear(1) == [KillAsked("a", killed)]
    gone = delete(desk.store, keys.job("a")).revision
    assert desk.hear(1) == [JobGone("a", gone)]


def test_a_job_without_a_zone_is_read_in_the_fleet_s(desk: Desk) -> None:
    save(desk.store, "a")
    (event,) = desk.hear(1)
    assert isinstance(event, JobSaved)
    assert event.job.schedule.zone == "Europe/Berlin"


def test_names_that_only_another_master_takes_are_told_all_the_same(desk: Desk) -> None:
    save(desk.store, "备份/每天 a@b")
    (event,) = desk.hear(1)
    assert isinstance(event, JobSaved)
    assert event.job.name == "备份/每天 a@b"


def test_a_kill_of_one_run_names_it(desk: Desk) -> None:
    revision = put(desk.store, keys.killer("a"), b"a@1800000000000").revision
    assert desk.hear(1) == [KillAsked("a", revision, "a@1800000000000")]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"name":"a"}',
        b'{"name":"other","command":"x","cronExpr":"* * * * *"}',
        b'{"name":"a","command":"x","cronExpr":"61 * * * *"}',
        b'{"name":"a","command":"x","cronExpr":"R"}',
        b'{"name":"a","command":"x","cronExpr":"* * * * *","timezone":"Mars/Base"}',
        b'{"name":"a","command":"x","cronExpr":"* * * * *","timeoutSeconds":"5"}',
        json.dumps({"name": "a", "command": "x" * 200_000, "cronExpr": "* * * * *"}).encode(),
        b'{"name":"a","command":"x\\u0000","cronExpr":"* * * * *"}',
    ],
    ids=lambda value: repr(value[:40]),
)
def test_a_job_that_becomes_malformed_is_planned_no_more_and_the_others_are(
    desk: Desk, value: bytes
) -> None:
    save(desk.store, "a")
    desk.hear(1)
    broken = put(desk.store, keys.job("a"), value).revision
    good = save(desk.store, "b")
    gone, saved = desk.hear(2)
    assert gone == JobGone("a", broken, deleted=False)
    assert isinstance(saved, JobSaved)
    assert saved.job.revision == good
    assert desk.watcher.malformed == 1


def hear_all(desk: Desk) -> Heard:
    """Make steps until all that was there is told."""

    def is_whole() -> bool:
        desk.watcher.step()
        return any(isinstance(event, JobsSaved) and not event.more for event in desk.heard)

    until(is_whole, why="all jobs are told")
    return desk.heard


def test_many_jobs_that_were_there_before_are_told_a_part_at_a_time(any_store: Store) -> None:
    puts = [
        Put(keys.job(f"job-{n}"), pack_job(Job(f"job-{n}", "true", "* * * * *")))
        for n in range(SLICE + 20)
    ]
    for start in range(0, len(puts), 100):
        any_store.commit_many([Transaction((), (each,)) for each in puts[start : start + 100]])
    desk = Desk(any_store)
    told = [event for event in hear_all(desk) if isinstance(event, JobsSaved)]
    assert sum(len(event.jobs) for event in told) == len(puts)
    assert [event.more for event in told] == [True] * (len(told) - 1) + [False]
    assert len({each.name for event in told for each in event.jobs}) == len(puts)
    desk.watcher.close()


def test_a_new_snapshot_tells_only_what_differs(desk: Desk) -> None:
    for name in ("kept", "edited", "deleted"):
        save(desk.store, name)
    desk.hear(3)
    edited = save(desk.store, "edited", "0 3 * * *")
    delete(desk.store, keys.job("deleted"))
    added = save(desk.store, "added")
    snapshot = desk.store.snapshot("/cron/jobs/")
    desk.watcher._listed(snapshot)
    told, desk.heard[:] = list(desk.heard), []
    assert [event.name for event in told if isinstance(event, JobGone)] == ["deleted"]
    (listed,) = [event for event in told if isinstance(event, JobsSaved)]
    saved = {each.name: each.revision for each in listed.jobs}
    assert saved == {"edited": edited, "added": added}


def job_entry(name: str, revision: int) -> Entry:
    """A job under its key."""
    value = pack_job(Job(name, "true", "* * * * *"))
    return Entry(keys.job(name), value, revision, revision)


def test_a_part_of_a_listing_is_told_at_once_and_what_the_whole_lacks_is_gone(desk: Desk) -> None:
    entries = [job_entry(name, 5) for name in "abc"]
    desk.watcher._listed(Snapshot(JOB_SAVE_DIR, 9, tuple(entries)))
    desk.heard.clear()
    new = job_entry("d", 9)
    desk.watcher._listed(Snapshot(JOB_SAVE_DIR, 10, (entries[0], new), more=True))
    (listed,) = desk.heard
    assert isinstance(listed, JobsSaved)
    assert [job.name for job in listed.jobs] == ["d"]
    desk.watcher._listed(Snapshot(JOB_SAVE_DIR, 10, (entries[2],), begins=False))
    assert desk.heard[1:] == [JobGone("b", 10)]


def test_a_listing_that_breaks_off_says_of_no_job_that_it_is_gone(desk: Desk) -> None:
    entries = tuple(job_entry(name, 5) for name in "abc")
    desk.watcher._listed(Snapshot(JOB_SAVE_DIR, 9, entries))
    desk.heard.clear()
    desk.watcher._listed(Snapshot(JOB_SAVE_DIR, 10, entries[:1], more=True))
    desk.watcher._listed(Snapshot(JOB_SAVE_DIR, 11, entries[:1], more=True))
    desk.watcher._listed(Snapshot(JOB_SAVE_DIR, 11, entries[1:], begins=False))
    assert desk.heard == []


def test_a_watcher_that_is_woken_ends_its_wait(desk: Desk) -> None:
    desk.watcher.wake()
    desk.watcher.step()


def test_workers_are_told_as_they_come_and_go_and_change(desk: Desk) -> None:
    put(desk.store, keys.worker("10.0.0.1"), b'{"room": true}')
    assert desk.hear(1) == [WorkersSeen((Member("10.0.0.1"),))]
    put(desk.store, keys.worker("10.0.0.1"), b'{"room": false}')
    assert desk.hear(1) == [WorkersSeen((Member("10.0.0.1", room=False),))]
    delete(desk.store, keys.worker("10.0.0.1"))
    assert desk.hear(1) == [WorkersSeen(())]


def test_registrations_of_others_and_malformed_ones_are_no_workers_of_ours(desk: Desk) -> None:
    put(desk.store, keys.worker("10.0.0.9"), b"")
    put(desk.store, keys.worker("10.0.0.8"), b'{"room": "yes"}')
    put(desk.store, keys.worker("10.0.0.1"), b"{}")
    assert desk.hear(1) == [WorkersSeen((Member("10.0.0.1"),))]
    assert desk.watcher.malformed == 1


def test_a_clock_that_is_told_again_is_heard_and_is_no_news_of_the_workers(desk: Desk) -> None:
    for number in range(2):
        told = {"room": True, "clock": time.time_ns() // 1_000_000 + 3_600_000 + number}
        put(desk.store, keys.worker("other"), json.dumps(told).encode())
    put(desk.store, CLOCK_DIR + "host:1", b"%d" % (time.time_ns() // 1_000_000))
    save(desk.store, "a")
    told_of = [type(event).__name__ for event in desk.hear(2)]
    assert sorted(told_of) == ["JobSaved", "WorkersSeen"]

    def ahead() -> list[str]:
        desk.watcher.step()
        return sorted(desk.clocks.ahead_ms(read(SystemClock())))

    until(lambda: ahead() == ["master host:1", "worker other"], why="both clocks are heard")


def test_the_end_of_another_worker_s_life_is_told_to_its_heir(desk: Desk, any_store: Store) -> None:
    put(any_store, keys.alive("me.1"), b"{}")
    put(any_store, keys.alive("other.1"), b"{}")
    delete(any_store, keys.alive("other.1"))
    until(lambda: bool(desk._step() or desk.dead), why="the end of that life")
    assert desk.dead == ["other.1"]
    assert desk.heard == []


def test_each_job_that_is_heard_of_is_in_the_log_of_who_looks_closely(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "worker.watch")
    desk.watcher._listed(Snapshot(JOB_SAVE_DIR, 9, (job_entry("a", 5),)))
    revision = save(desk.store, "b")
    desk.hear(2)
    assert {"job=a saved at 5", f"job=b saved at {revision}"} <= set(caplog.messages)
