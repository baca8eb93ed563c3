"""What a lock's value says."""

from common import keys, lock
from common.store import Absent, Entry, RevisionIs


def entry(value: bytes) -> Entry:
    """A lock with this value."""
    return Entry(keys.lock("j"), value, revision=7, created=7, lease=3)


def test_a_lock_names_its_run_while_that_lasts_and_while_it_is_kept() -> None:
    for unit in ("j", "a job with spaces", "任务", "j#10.0.0.1"):
        run_id = f"{unit}@5000!ab12+1"
        held, kept = lock.held(run_id, "w:a.12ab"), lock.kept(run_id, "w:a.12ab")
        assert lock.run_of(unit, held) == lock.run_of(unit, kept) == run_id
        assert lock.kept_by(held) == ""
        assert lock.kept_by(kept) == "w:a.12ab"


def test_a_lock_that_none_of_ours_took_names_no_run_and_is_held() -> None:
    for value in (b"", b"busy", b"k@5 w.1", b"\xff", b" ended", b"ended"):
        assert lock.run_of("j", value) == ""
        assert lock.kept_by(value) == ""
        assert lock.holder(entry(value)) == entry(value)


def test_a_lock_that_is_kept_is_free_to_be_taken_as_it_was_seen() -> None:
    kept = entry(lock.kept("j@5", "w.1"))
    assert lock.holder(kept) is None
    assert lock.unheld("j", kept) == RevisionIs(kept.key, 7)
    assert lock.unheld("j") == Absent(kept.key)


def test_a_job_that_is_called_as_a_kept_lock_ends_is_held_all_the_same() -> None:
    assert lock.kept_by(lock.held("x ended@5", "w.1")) == ""
