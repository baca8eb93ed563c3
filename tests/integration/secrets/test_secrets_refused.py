"""A secret that a run may not have, or that could not be hidden, keeps it from starting."""

import os
import socket
from pathlib import Path

import pytest

from tests.integration.executing import Desk, desk
from tests.integration.secrets.giving import write
from worker.secret_files import announce_secrets


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


def test_a_directory_of_which_no_run_gets_secrets_is_said_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tmp_path.chmod(0o700)
    for fine in ("", str(tmp_path)):
        announce_secrets(fine)
    assert caplog.text == ""
    announce_secrets(str(tmp_path / "none"))
    assert f"secrets cannot start: secrets_dir {tmp_path}/none: No such file" in caplog.text
    tmp_path.chmod(0o770)
    announce_secrets(str(tmp_path))
    assert "others may write to secrets_dir" in caplog.text
