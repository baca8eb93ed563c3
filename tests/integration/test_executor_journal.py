"""What a run prints, told to the journal, which a socket of ours stands for here."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.executing import OF_OURS, Desk, desk
from worker.journal_output import LONGEST_LINE_BYTES

VALUE = "s3cr3t-v4lue"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[socket.socket]:
    """Where the journal's datagrams come in."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "journal"))
        made.settimeout(60)
        yield made


@pytest.fixture
def office(tmp_path: Path, journal: socket.socket) -> Iterator[Desk]:
    """An executor with secrets, and with this journal."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, text in (("token", VALUE), ("short", "ab\ncd\nef")):
        (secrets / name).touch(0o600)
        (secrets / name).write_text(text)
    config = replace(OF_OURS, secrets_dir=str(secrets), journal_socket=str(tmp_path / "journal"))
    with desk(tmp_path / "home", config=config) as made:
        yield made


def messages(journal: socket.socket, count: int) -> list[bytes]:
    return [fields(journal.recv(1 << 20))[b"MESSAGE"] for _ in range(count)]


def fields(data: bytes) -> dict[bytes, bytes]:
    """A datagram of one-line fields."""
    return dict(line.split(b"=", 1) for line in data.removesuffix(b"\n").split(b"\n"))


def test_each_line_is_told_with_its_job_and_run(office: Desk, journal: socket.socket) -> None:
    ended = office.run(r"echo one; printf 'two\377\r\n'; printf three", journal=True)
    assert fields(journal.recv(4096)) == {
        b"MESSAGE": b"one",
        b"PRIORITY": b"6",
        b"SYSLOG_IDENTIFIER": b"fleetcron-job",
        b"FLEETCRON_JOB": b"job",
        b"FLEETCRON_RUN_ID": ended.run_id.encode(),
    }
    assert messages(journal, 2) == [b"two\xff", b"three"]
    assert ended.output == b"one\ntwo\xff\r\nthree"


def test_a_job_that_does_not_ask_for_it_tells_nothing(office: Desk, journal: socket.socket) -> None:
    office.run("echo silent")
    office.run("echo heard", journal=True)
    assert messages(journal, 1) == [b"heard"]


def test_a_secret_is_hidden_there_too(office: Desk, journal: socket.socket) -> None:
    half = len(VALUE) // 2
    office.run(
        f"echo '<{VALUE}>'; printf {VALUE[:half]}; sleep 0.1; echo {VALUE[half:]};"
        r" printf 'ab\ncd\n'; sleep 0.1; printf 'ef\nab\n'",
        journal=True,
        secrets=("token", "short"),
    )
    assert messages(journal, 6) == [b"<***>", b"***", b"***", b"***", b"***", b"ab"]


def test_an_endless_line_is_told_in_pieces(office: Desk, journal: socket.socket) -> None:
    size = 3 * LONGEST_LINE_BYTES + 5
    given = office.submit(f"head -c {size} /dev/zero | tr '\\0' x", journal=True)
    told = messages(journal, 4)
    office.ended(given)
    assert b"".join(told) == b"x" * size
    assert max(map(len, told)) == LONGEST_LINE_BYTES


def test_a_journal_that_does_not_listen_holds_up_no_run(
    office: Desk, journal: socket.socket
) -> None:
    ended = office.run("seq 10000 19999", journal=True)
    assert (ended.outcome, ended.output_bytes) == ("success", 60_000)


def test_without_a_journal_the_run_goes_on(tmp_path: Path) -> None:
    config = replace(OF_OURS, journal_socket=str(tmp_path / "none"))
    with desk(tmp_path / "home", config=config) as office:
        assert office.run("echo hi", journal=True).output == b"hi\n"
