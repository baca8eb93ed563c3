"""Removing what somebody else made: no depth, link or mode keeps anything."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.removal import remove


@pytest.fixture
def room(tmp_path: Path) -> Iterator[int]:
    """The descriptor of a directory in which `made` is to be removed."""
    (tmp_path / "made").mkdir()
    place = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield place
    os.close(place)


def dig(base: Path, depth: int) -> int:
    """Make directories in one another; a descriptor of the lowest."""
    place = os.open(base, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    return place


def test_depth_beyond_that_of_python_and_of_descriptors_is_removed(
    room: int, tmp_path: Path
) -> None:
    lowest = dig(tmp_path / "made", 3000)
    os.close(os.open("kept", os.O_WRONLY | os.O_CREAT, dir_fd=lowest))
    os.close(lowest)
    remove(room, "made")
    assert os.listdir(room) == []


def test_links_are_removed_and_not_what_they_lead_to(room: int, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o750)
    (elsewhere / "file").touch()
    (tmp_path / "made/below").mkdir()
    for link in ("made/link", "made/below/link"):
        (tmp_path / link).symlink_to(elsewhere)
    remove(room, "made")
    assert os.listdir(room) == ["elsewhere"]
    assert os.listdir(elsewhere) == ["file"]
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o750


def test_directories_that_were_closed_are_removed_with_what_is_in_them(
    room: int, tmp_path: Path
) -> None:
    below = tmp_path / "made/a/b"
    below.mkdir(parents=True)
    (below / "file").touch()
    for each in (below, below.parent, below.parent.parent):
        each.chmod(0)
    remove(room, "made")
    assert os.listdir(room) == []


def test_what_is_gone_or_was_replaced_by_a_link_is_no_error(room: int, tmp_path: Path) -> None:
    remove(room, "nothing")
    (tmp_path / "made").rmdir()
    (tmp_path / "made").symlink_to(tmp_path)
    remove(room, "made")
    assert os.listdir(room) == []
