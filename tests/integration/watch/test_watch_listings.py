"""The watch of jobs that were there before it: told in parts, and once more only what differs."""

import pytest

from common import keys
from common.constants import JOB_SAVE_DIR
from common.job import Job, pack_job
from common.store import Entry, Put, Snapshot, Store, Transaction, delete
from tests.integration.watching import Desk, Heard, save
from tests.waiting import until
from worker.events import JobGone, JobsSaved
from worker.watch import SLICE


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


def test_that_there_are_no_jobs_is_told_once(any_store: Store) -> None:
    desk = Desk(any_store)
    until(lambda: desk.step() >= 0 and desk.listed == 1, why="all are seen")
    desk.watcher._listed(desk.store.snapshot("/cron/jobs/"))
    assert desk.listed == 1
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


def test_each_job_that_is_heard_of_is_in_the_log_of_who_looks_closely(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "worker.watch")
    desk.watcher._listed(Snapshot(JOB_SAVE_DIR, 9, (job_entry("a", 5),)))
    revision = save(desk.store, "b")
    desk.hear(2)
    assert {"job=a saved at 5", f"job=b saved at {revision}"} <= set(caplog.messages)
