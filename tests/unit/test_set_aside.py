"""Ends of former lives that nobody records: told by each, without long outputs after a while."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kept_ends import read_ends
from worker.end_words import WAITED
from worker.ends_file import FILE_HEAD, MARK, ends_path, framed, kept
from worker.executor_socket import lock_path
from worker.former_homes import Homes
from worker.former_place import FormerPlace
from worker.orders import Ended
from worker.orders_wire import encode
from worker.set_aside import DIRECTORY

END = Ended("a@1", "success", 0, None, 1, 2, b"hello", 5, False, "", "", None)


def told_by(place: FormerPlace) -> list[str]:
    """The runs whose ends it tells."""
    told = place.ends()
    assert all(ends.again for ends in told)
    return [over.run_id for ends in told for over in ends.over]


class Scene:
    """What an executor of a former life left: one end."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.home = Homes(data_dir).own
        self.home.mkdir(parents=True)
        lock_path(self.home, 0).touch()
        self.file = ends_path(self.home, 0, 1)
        self.leave(END)

    def leave(self, end: Ended) -> None:
        """Its end is this one."""
        self.file.write_bytes(FILE_HEAD.pack(MARK, 1) + framed(kept("", encode(end)), 1))

    def live(self) -> list[str]:
        """Live once; the runs whose ends are told."""
        homes = Homes(self.data_dir)
        told = [each for place in homes.places() for each in told_by(place)]
        homes.tidy()
        return told

    @property
    def aside(self) -> list[str]:
        """The files that were set aside."""
        place = self.data_dir / DIRECTORY / self.home.name
        return sorted(path.name for path in place.iterdir()) if place.exists() else []


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """One end that no life has told yet."""
    return Scene(tmp_path)


def test_an_end_that_nobody_acknowledges_is_told_by_each_life_and_loses_a_long_output(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.leave(replace(END, output=b"x" * 100_000))
    before = time.time() - 7.1 * 86400
    os.utime(scene.file, (before, before))
    assert [scene.live() for _ in range(3)] == [["a@1"]] * 3
    assert caplog.text.count("are gone") == 1
    (kept_one,) = read_ends(scene.home, 0)
    assert (kept_one.output, kept_one.reason, kept_one.truncated) == (b"", WAITED, True)
    assert scene.file.stat().st_blocks * 512 < 20_000
    assert scene.aside == []


def test_ends_that_cannot_be_read_are_set_aside_at_once_and_none_of_them_is_removed(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.file.write_bytes(FILE_HEAD.pack(MARK, 1) + framed(kept("", b"nonsense"), 1))
    assert scene.live() == []
    assert "cannot all be read" in caplog.text
    assert scene.aside == [scene.file.name]
    assert not scene.home.exists()


def test_ends_that_were_acknowledged_are_gone_and_nothing_is_set_aside(scene: Scene) -> None:
    homes = Homes(scene.data_dir)
    (place,) = homes.places()
    assert told_by(place) == ["a@1"]
    place.safe(("a@1",))
    homes.tidy()
    assert (scene.home.exists(), scene.aside) == (False, [])


def test_ends_that_give_no_records_are_set_aside_once_the_rest_is_recorded(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    others = [framed(kept("", encode(replace(END, run_id=f"a@{n}"))), 1) for n in (2, 3)]
    scene.file.write_bytes(scene.file.read_bytes() + b"".join(others))
    homes = Homes(scene.data_dir)
    (place,) = homes.places()
    (told,) = place.ends()
    bad = told.over[1]
    place.safe(("a@1",))
    place.unreadable(replace(told.range, begin=bad.offset, end=bad.offset + 1))
    place.unreadable(replace(told.range, number=7))
    assert place.lying_in(replace(told.range, begin=bad.offset)) == ("a@2", "a@3")
    assert place.lying_in(replace(told.range, turn=7)) == ()
    place.safe(("a@3",))
    assert scene.aside == []
    place.safe(("a@2",))
    homes.tidy()
    assert scene.aside == [scene.file.name]
    assert "give no records" in caplog.text
    assert not scene.home.exists()


def test_what_cannot_be_read_is_set_aside_once_the_rest_is_recorded(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    good = scene.file.read_bytes()
    scene.file.write_bytes(good + framed(kept("", b"nonsense"), 1))
    homes = Homes(scene.data_dir)
    (place,) = homes.places()
    assert told_by(place) == ["a@1"]
    assert (scene.aside, caplog.text) == ([], "")
    place.safe(("a@1",))
    homes.tidy()
    assert scene.aside == [scene.file.name]
    assert "cannot all be read" in caplog.text
    assert not scene.home.exists()
