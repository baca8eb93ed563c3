"""The user behind a socket, read from tables as the kernel writes them."""

import os
import socket
from pathlib import Path

import pytest

from master.peer import is_local, plain_address, socket_uid

# Queues, timers and retransmissions, between the state and the uid.
REST = "00000000:00000000 00:00000000 00000000"
HEAD = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
    "   uid  timeout inode\n"
)
LISTEN = f"   0: 0100007F:1F86 00000000:0000 0A {REST}     0        0 11\n"
OURS = f"   1: 0100007F:1F86 0100007F:C350 01 {REST}   997        0 12 1 0\n"
CLIENT = "   2: 0100007F:C350 0100007F:1F86 {state} {rest}  {uid}        0 {inode} 1 0\n"
MAPPED = (
    "   0: 0000000000000000FFFF00000100007F:C350 0000000000000000FFFF00000100007F:1F86 01 "
    "00000000:00000000 00:00000000 00000000  1001        0 14 1 0 20 4 30 10 -1\n"
)
SIX = (
    "   0: 00000000000000000000000001000000:C350 00000000000000000000000001000000:1F86 01 "
    "00000000:00000000 00:00000000 00000000  1002        0 15 1 0 20 4 30 10 -1\n"
)
PEER, HERE = ("127.0.0.1", 0xC350), ("127.0.0.1", 0x1F86)


def client(state: str = "01", uid: int = 1000, inode: int = 13) -> str:
    """Write the entry of a client on this host."""
    return CLIENT.format(rest=REST, state=state, uid=uid, inode=inode)


def uid_in(
    tmp_path: Path,
    four: str,
    six: str = "",
    peer: tuple[str, int] = PEER,
    here: tuple[str, int] = HERE,
) -> int | None:
    """Look a client up in tables of these entries."""
    tables = [tmp_path / "tcp", tmp_path / "tcp6"]
    for table, text in zip(tables, (four, six), strict=True):
        table.write_text(HEAD + text)
    return socket_uid(peer, here, [str(table) for table in tables])


def test_the_clients_entry_names_its_user_and_not_the_servers(tmp_path: Path) -> None:
    assert uid_in(tmp_path, LISTEN + OURS + client()) == 1000


def test_nobody_is_found_without_the_clients_entry(tmp_path: Path) -> None:
    assert uid_in(tmp_path, LISTEN + OURS) is None
    assert uid_in(tmp_path, "") is None


@pytest.mark.parametrize("state", ["02", "04", "05", "06", "08", "0A"])
def test_only_an_established_socket_counts(state: str, tmp_path: Path) -> None:
    assert uid_in(tmp_path, client(state=state)) is None


def test_a_socket_that_nobody_holds_is_not_roots(tmp_path: Path) -> None:
    assert uid_in(tmp_path, client(uid=0, inode=0)) is None
    assert uid_in(tmp_path, client(uid=0, inode=13)) == 0


def test_another_port_or_address_is_another_client(tmp_path: Path) -> None:
    assert uid_in(tmp_path, client(), peer=("127.0.0.1", 50001)) is None
    assert uid_in(tmp_path, client(), peer=("127.0.0.2", 0xC350)) is None
    assert uid_in(tmp_path, client(), here=("127.0.0.1", 8071)) is None


def test_an_ipv4_client_may_hold_an_ipv6_socket(tmp_path: Path) -> None:
    assert uid_in(tmp_path, LISTEN + OURS, MAPPED) == 1001


def test_an_ipv6_client_is_looked_up_in_its_own_table(tmp_path: Path) -> None:
    peer, here = ("::1", 0xC350), ("::1", 0x1F86)
    assert uid_in(tmp_path, client(), SIX, peer, here) == 1002
    assert uid_in(tmp_path, client(), MAPPED, peer, here) is None


def test_an_entry_is_found_wherever_a_read_cuts_it(tmp_path: Path) -> None:
    for shift in range(len(client()) + 20):
        filler = OURS * 436 + " " * shift + "\n"
        assert uid_in(tmp_path, filler + client()) == 1000


def test_tables_that_cannot_be_read_let_nobody_in(tmp_path: Path) -> None:
    missing = [str(tmp_path / "none"), str(tmp_path / "none6")]
    assert socket_uid(PEER, HERE, missing) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_real_socket_of_ours_is_found(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        ours = socket.create_connection(listener.getsockname()[:2])
        theirs, raw = listener.accept()
        peer, here = plain_address(raw), plain_address(theirs.getsockname())
        assert socket_uid(peer, here) == os.geteuid()
        ours.close()
        assert socket_uid(peer, here) is None
        theirs.close()


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (("127.0.0.1", 80), ("127.0.0.1", 80)),
        (("::ffff:127.0.0.1", 80, 0, 0), ("127.0.0.1", 80)),
        (("::1", 80, 0, 0), ("::1", 80)),
        (("fe80::1%eth0", 80, 0, 2), ("fe80::1", 80)),
    ],
)
def test_addresses_have_one_spelling(raw: tuple[object, ...], plain: tuple[str, int]) -> None:
    assert plain_address(raw) == plain


def test_a_client_is_local_on_loopback_and_at_our_own_address() -> None:
    assert is_local(("127.0.0.9", 1), ("127.0.0.1", 2))
    assert is_local(("::1", 1), ("::1", 2))
    assert is_local(("10.0.0.1", 1), ("10.0.0.1", 2))
    assert not is_local(("10.0.0.2", 1), ("10.0.0.1", 2))
