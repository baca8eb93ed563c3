"""The watch thread: what changes in the store is told once, in order, and bad values do no harm."""

import json
import time

import pytest

from common import keys
from common.clock import SystemClock, read
from common.constants import CLOCK_DIR
from common.store import Store, delete, put
from tests.integration.watching import Desk, save
from tests.waiting import until
from worker.events import JobGone, JobSaved, KillAsked, WorkersSeen
from worker.members import Member


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


def test_labels_that_are_malformed_are_said_once_and_their_worker_runs_other_jobs(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for room in (b"true", b"false"):
        put(desk.store, keys.worker("10.0.0.1"), b'{"labels": ["db"], "room": %b}' % room)
        ((seen,),) = [event.members for event in desk.hear(1) if isinstance(event, WorkersSeen)]
        assert (seen.room, bool(seen.unclear)) == (room == b"true", True)
    assert (desk.watcher.malformed, caplog.text.count("the labels of 10.0.0.1")) == (1, 1)
    put(desk.store, keys.worker("10.0.0.1"), b'{"labels": {"role": "db"}}')
    assert desk.hear(1) == [WorkersSeen((Member("10.0.0.1", labels={"role": "db"}),))]


def test_a_clock_that_is_told_again_is_heard_and_is_no_news_of_the_workers(desk: Desk) -> None:
    for number in range(2):
        told = {"room": True, "clock": time.time_ns() // 1_000_000 + 3_600_000 + number}
        put(desk.store, keys.worker("other"), json.dumps(told).encode())
    put(desk.store, CLOCK_DIR + "host:1", b"%d" % (time.time_ns() // 1_000_000))
    save(desk.store, "a")
    told_of = [type(event).__name__ for event in desk.hear(2)]
    assert sorted(told_of) == ["JobSaved", "WorkersSeen"]

    def ahead() -> list[str]:
        return sorted(desk.clocks.ahead_ms(read(SystemClock())))

    while ahead() != ["master host:1", "worker other"]:
        desk.watcher.step()


def test_the_end_of_another_worker_s_life_is_told_to_its_heir(desk: Desk, any_store: Store) -> None:
    put(any_store, keys.alive("me.1"), b"{}")
    put(any_store, keys.alive("other.1"), b"{}")
    delete(any_store, keys.alive("other.1"))
    until(lambda: bool(desk.step() or desk.dead), why="the end of that life")
    assert desk.dead == ["other.1"]
    assert desk.heard == []
