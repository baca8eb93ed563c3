"""What is said and known of workers of the Go system that are registered beside ours."""

import pytest

from common import keys
from common.constants import JOB_SAVE_DIR, JOB_WORKER_DIR
from common.store import Change, Changes, Entry, Snapshot
from worker.mixed import Mixed


def registered(name: str, value: bytes = b"") -> Entry:
    """A registration; a Go worker's is empty."""
    return Entry(keys.worker(name), value, revision=5, created=5, lease=1)


def changed(*names: str, gone: bool = False) -> Changes:
    """Go workers came, or went."""
    return Changes(
        JOB_WORKER_DIR,
        tuple(Change(keys.worker(name), 6, None if gone else registered(name)) for name in names),
    )


def test_the_first_go_worker_is_warned_of_and_the_last_one_s_going_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    mixed = Mixed()
    with caplog.at_level("INFO"):
        mixed.hear(Snapshot(JOB_WORKER_DIR, 5, (registered("10.0.0.1", b"{}"),)))
        assert not mixed.present
        mixed.hear(changed("10.0.0.2"))
        mixed.hear(changed("10.0.0.3"))
        mixed.hear(changed("10.0.0.2", gone=True))
        assert mixed.present
        mixed.hear(changed("10.0.0.3", gone=True))
        assert not mixed.present
    assert [(record.levelname, "Go worker" in record.message) for record in caplog.records] == [
        ("WARNING", True),
        ("INFO", True),
    ]
    assert "10.0.0.2" in caplog.records[0].message


def test_a_listing_is_the_truth_about_go_workers() -> None:
    mixed = Mixed()
    mixed.hear(changed("10.0.0.2"))
    mixed.hear(Snapshot(JOB_WORKER_DIR, 9, ()))
    assert not mixed.present


def test_one_of_ours_by_the_name_of_a_go_worker_takes_its_place() -> None:
    mixed = Mixed()
    mixed.hear(changed("10.0.0.2"))
    ours = Change(keys.worker("10.0.0.2"), 7, registered("10.0.0.2", b"{}"))
    mixed.hear(Changes(JOB_WORKER_DIR, (ours,)))
    assert not mixed.present


def test_an_empty_value_elsewhere_is_no_go_worker() -> None:
    mixed = Mixed()
    job = Entry(keys.job("j"), b"", revision=5, created=5)
    mixed.hear(Snapshot(JOB_SAVE_DIR, 5, (job,)))
    assert not mixed.present
