"""A run's secrets: given as files, hidden in what it prints, gone with it."""

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.executing import OF_OURS, Desk, desk
from tests.waiting import until
from worker.secret_room import PREFIX, Owner, SecretRoom

VALUE = "s3cr3t-v4lue"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """A worker's directory of secrets with two of them."""
    made = tmp_path / "secrets"
    made.mkdir(mode=0o700)
    for name, text in (("token", VALUE + "\n"), ("key", "-- begin --\nabcdefgh\nxyz\n-- end --\n")):
        write(made / name, text)
    return made


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the executor puts its copies: not below `tmp_path`, which others cannot enter."""
    with tempfile.TemporaryDirectory() as made:
        os.chmod(made, 0o755)
        monkeypatch.setenv("RUNTIME_DIRECTORY", made)
        yield Path(made)


@pytest.fixture
def office(tmp_path: Path, secrets: Path, rooms: Path) -> Iterator[Desk]:
    """An executor that has secrets."""
    config = replace(OF_OURS, secrets_dir=str(secrets), allowed_users=("daemon",))
    with desk(tmp_path / "home", config=config) as made:
        yield made


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.touch(mode)
    path.write_text(text)
    path.chmod(mode)


def copies(rooms: Path) -> list[Path]:
    """The directories of runs that are there now."""
    return [run for room in rooms.glob(PREFIX + "*") for run in room.iterdir()]


def test_a_run_finds_its_secrets_as_files_that_only_its_user_can_read(office: Desk) -> None:
    ended = office.run(
        'cd "$FLEETCRON_SECRETS" && stat -c "%n %a %U %s" . * && wc -c < token && id -un',
        secrets=("token", "key"),
    )
    *told, size, user = ended.output.decode().split("\n")[:-1]
    assert [line.split()[:3] for line in told] == [
        [".", "500", user],
        ["key", "400", user],
        ["token", "400", user],
    ]
    assert int(size) == len(VALUE) + 1


def test_what_it_prints_of_them_is_hidden_and_all_else_is_not(office: Desk) -> None:
    ended = office.run(
        'cd "$FLEETCRON_SECRETS"; cat token key; echo "<$(cat token)>"',
        secrets=("token", "key"),
    )
    assert ended.output == b"***\n***\n***\n***\n***\n<***>\n"
    assert ended.output_bytes > len(ended.output)


def test_a_secret_is_hidden_over_reads_and_cuts(office: Desk) -> None:
    half = len(VALUE) // 2
    ended = office.run(
        f"printf %s {VALUE[:half]}; sleep 0.2; echo {VALUE[half:]}", secrets=("token",)
    )
    assert ended.output == b"***\n"
    for head in range(0, 3 * len(VALUE), 3):
        ended = office.run(
            f"for i in 1 2 3 4 5 6 7 8 9; do printf '{VALUE}|'; done",
            secrets=("token",),
            output_head_bytes=head,
            output_tail_bytes=20,
        )
        shown = ended.output.replace(b"bytes left out", b"")
        assert not any(VALUE[at : at + 3].encode() in shown for at in range(len(VALUE) - 2)), shown


def test_a_secret_in_the_line_that_the_pattern_finds_is_hidden(office: Desk) -> None:
    ended = office.run(f"echo ERROR: {VALUE} is wrong", secrets=("token",), fail_pattern="ERROR")
    assert ended.err == "line 1 of its output matches failPattern: ERROR: *** is wrong"


def test_the_files_are_gone_when_the_end_is_told(office: Desk, rooms: Path) -> None:
    given = office.submit("sleep 30", secrets=("token",))
    office.sleeping(given)
    (held,) = copies(rooms)
    assert (held / "token").read_text() == VALUE + "\n"
    office.link.kill(given.run_id, "enough")
    office.ended(given)
    assert copies(rooms) == []
    office.run("true; exit 1", secrets=("token",))
    office.run("rm -rf $FLEETCRON_SECRETS/*; mkdir -p $FLEETCRON_SECRETS/a/b", secrets=("token",))
    assert copies(rooms) == []


def test_a_run_that_digs_deep_beside_its_secrets_hurts_nobody(office: Desk, rooms: Path) -> None:
    words = ("d/" * 1000).rstrip("/")
    dig = f"mkdir -p {words} && cd {words} && mkdir -p {words}"
    ended = office.run(f'cd "$FLEETCRON_SECRETS" && chmod 700 . && {dig}', secrets=("token",))
    assert ended.outcome == "success"
    assert copies(rooms) == []
    assert office.run("true", secrets=("token",)).outcome == "success"


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


def make_fifo(path: Path) -> None:
    os.mkfifo(path, 0o600)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: None, "is not on this worker"),
        (lambda path: write(path, "value", 0o640), r"is open to others (mode 0640): chmod 0600"),
        (lambda path: write(path, "value", 0o602), "is open to others (mode 0602): chmod 0600"),
        (lambda path: path.mkdir(), "is not a regular file"),
        (lambda path: path.symlink_to("token"), "is a link"),
        (make_fifo, "is not a regular file"),
        (make_socket, "No such device or address"),
        (lambda path: write(path, "x" * 65537), "has more than 65536 bytes"),
    ],
)
def test_a_secret_that_cannot_be_had_keeps_the_run_from_starting(
    office: Desk, secrets: Path, make: object, why: str
) -> None:
    assert callable(make)
    make(secrets / "odd")
    ended = office.run("true", secrets=("token", "odd"))
    assert ended.outcome == "could_not_start"
    assert "secret odd" in ended.err
    assert why in ended.err


def test_a_secret_of_another_user_is_refused(office: Desk, secrets: Path) -> None:
    if os.getuid() == 0:
        os.chown(secrets / "token", 12345, 0)
        assert "belongs to another user" in office.run("true", secrets=("token",)).err


def test_a_directory_that_others_may_write_to_holds_no_secrets(office: Desk, secrets: Path) -> None:
    for mode in (0o770, 0o1777, 0o702):
        secrets.chmod(mode)
        assert f"mode {mode:04o}): chmod go-w" in office.run("true", secrets=("token",)).err
    secrets.chmod(0o755)
    assert office.run("true", secrets=("token",)).outcome == "success"
    if os.getuid() == 0:
        os.chown(secrets, 12345, 0)
        ended = office.run("true", secrets=("token",))
        assert f"secrets_dir {secrets} belongs to another user" in ended.err


def test_a_worker_without_secrets_says_so(tmp_path: Path) -> None:
    with desk(tmp_path) as office:
        ended = office.run("true", secrets=("token",))
    assert (ended.outcome, ended.err) == (
        "could_not_start",
        "could not start: this worker has no secrets (secrets_dir is not set)",
    )


def test_more_lines_than_can_be_masked_are_refused(office: Desk, secrets: Path) -> None:
    write(secrets / "many", "".join(f"line {n:04d}\n" for n in range(1001)))
    assert "its secrets have 1002 lines" in office.run("true", secrets=("many",)).err


def test_the_environment_and_the_words_of_a_run_do_not_hold_the_value(office: Desk) -> None:
    given = office.submit("sleep 30", secrets=("token",))
    pid = office.started(given).pid
    office.sleeping(given)
    for process in (pid, office.link.pid):
        for file in ("environ", "cmdline"):
            assert VALUE.encode() not in Path(f"/proc/{process}/{file}").read_bytes()
    office.link.kill(given.run_id, "enough")
    office.ended(given)


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


def test_another_user_gets_its_own_copies(office: Desk) -> None:
    if os.getuid() == 0:
        ended = office.run(
            'cd "$FLEETCRON_SECRETS" && cat token && stat -c "%a %U" . token && id -un',
            secrets=("token",),
            user="daemon",
        )
        assert ended.output == b"***\n500 daemon\n400 daemon\ndaemon\n"
