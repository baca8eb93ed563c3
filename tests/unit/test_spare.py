"""Descriptors in reserve: lent where there is no other, taken back, and not there before held."""

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from worker.spare import Spare


@contextmanager
def no_further_file() -> Iterator[None]:
    """We can open none meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    os.close(free := os.open(os.devnull, os.O_RDONLY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def size() -> int:
    """What of a file cannot be known without a descriptor."""
    return len(Path("/proc/self/stat").read_bytes())


def test_one_is_lent_as_often_as_it_is_needed_where_there_is_no_other() -> None:
    spare = Spare()
    spare.hold()
    lent, refused = [], False
    with no_further_file():
        try:
            size()
        except OSError:
            refused = True
        lent = [spare.lend(size) for _ in range(9)]
    assert refused
    assert all(lent)


def test_another_is_lent_while_one_is_kept_and_both_are_back_in_the_end() -> None:
    spare = Spare()
    spare.hold()
    with no_further_file():
        kept = spare.lend(lambda: os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC))
        beside = spare.lend(size)
        os.close(kept)
        again = [spare.lend(lambda: os.open("/dev/null", os.O_RDONLY)) for _ in range(2)]
        for each in again:
            os.close(each)
    assert beside
    assert len(again) == 2


def test_nothing_is_lent_before_it_is_held_and_other_errors_pass_at_once() -> None:
    spare = Spare()
    found: list[OSError] = []
    with no_further_file():
        try:
            spare.lend(size)
        except OSError as error:
            found.append(error)
    assert "Too many open files" in str(found)
    spare.hold()
    with pytest.raises(FileNotFoundError):
        spare.lend(Path("/no/such/file").read_bytes)


def test_who_asks_right_after_it_was_tried_in_vain_need_not_wait_as_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("worker.spare.PATIENCE_SECONDS", 0.2)
    spare = Spare()
    spare.hold()
    tries: list[int] = []

    def refused() -> None:
        tries.append(1)
        raise OSError(errno.ENFILE, "none")

    counts = []
    for _ in range(2):
        tries.clear()
        with pytest.raises(OSError, match="none"):
            spare.lend(refused)
        counts.append(len(tries))
    assert counts[0] > 2
    assert counts[1] == 2
