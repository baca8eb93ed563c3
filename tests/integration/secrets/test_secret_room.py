"""The room in which an executor's copies lie: nobody else's, and gone with the executor."""

import os
import stat
from dataclasses import replace
from pathlib import Path

from tests.integration.executing import OF_OURS, desk
from tests.integration.secrets.giving import copies
from tests.waiting import until
from worker.secret_room import Owner, SecretRoom


def test_the_room_is_gone_with_its_executor(tmp_path: Path, secrets: Path, rooms: Path) -> None:
    with desk(tmp_path / "home", config=replace(OF_OURS, secrets_dir=str(secrets))) as office:
        assert office.run("true", secrets=("token",)).outcome == "success"
        assert len(list(rooms.iterdir())) == 1
    assert list(rooms.iterdir()) == []


def test_what_a_killed_executor_left_is_removed_by_the_next(
    tmp_path: Path, secrets: Path, rooms: Path
) -> None:
    config = replace(OF_OURS, secrets_dir=str(secrets))
    with desk(tmp_path / "one", config=config) as living:
        living.sleeping(living.submit("sleep 30", secrets=("token",)))
        with desk(tmp_path / "two", config=config) as killed:
            killed.sleeping(killed.submit("sleep 30", secrets=("token",)))
            assert len(copies(rooms)) == 2
            os.kill(killed.link.pid, 9)
            killed.hear()
        with desk(tmp_path / "two", config=config):
            until(lambda: len(copies(rooms)) == 1, why="the sweep")
            assert len(list(rooms.iterdir())) == 1
        living.link.kill(next(iter(living.starts)).run_id, "enough")
        living.hear()


def test_a_room_of_somebody_who_holds_it_is_not_swept(tmp_path: Path, rooms: Path) -> None:
    room = SecretRoom(tmp_path)
    held = room.give({"a": b"b"}, Owner(os.getuid(), os.getgid()))
    SecretRoom(tmp_path).sweep()
    assert (Path(held) / "a").read_bytes() == b"b"
    assert stat.S_IMODE(os.stat(Path(held).parent).st_mode) == 0o711
    room.take_back(held)
    room.take_back(held)
    room.close()
    room.close()
    assert list(rooms.iterdir()) == []


def test_no_room_is_made_where_somebody_else_could_put_another_in_its_place(
    tmp_path: Path, rooms: Path
) -> None:
    for mode, owner in ((0o777, os.getuid()), (0o755, 12345 if os.getuid() == 0 else os.getuid())):
        rooms.chmod(mode)
        os.chown(rooms, owner, -1)
        room = SecretRoom(tmp_path)
        given = Path(room.give({"token": b"value"}, Owner(os.getuid(), os.getgid())))
        assert (given.parents[1] == rooms) == (mode == 0o755 and owner == os.getuid())
        room.close()
