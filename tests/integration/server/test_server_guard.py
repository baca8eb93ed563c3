"""Who gets in, tried on a running server with real sockets of real users."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from master.guard import Guard
from master.peer import socket_uid
from master.server import Limits, Server
from tests.integration.raw_http import Toys, Wire, serving
from tests.waiting import until

FORM = ("Content-Type: application/x-www-form-urlencoded", "Content-Length: 3")
# The user of a process of its own (for that a test must be root), and one by number alone.
STRANGER, OTHER = 65534, os.geteuid() + 1

ASK = """
import socket, sys
wire = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20)
head = "GET /read HTTP/1.1\\r\\nHost: localhost:%s\\r\\nConnection: close\\r\\n\\r\\n" % sys.argv[2]
wire.sendall(head.encode())
print(wire.makefile("rb").readline().split()[1].decode())
"""


def status_for(server: Server, host: str, uid: int | None) -> int:
    """Ask as a user of this host, from a process of its own (None: as ourselves)."""
    # -S -E: the stranger may not be able to read this interpreter's site directory.
    command = [_python(), "-S", "-E", "-c", ASK, host, str(server.address[1])]
    done = subprocess.run(
        command, user=uid, capture_output=True, text=True, timeout=30, check=True, cwd="/"
    )
    return int(done.stdout)


@contextmanager
def running(toys: Toys, guard: Guard, limits: Limits | None = None) -> Iterator[Server]:
    """Run a server behind a guard of the test's own."""
    server = Server(("127.0.0.1", 0), toys.routes, guard, limits or Limits())
    server.start()
    try:
        yield server
    finally:
        server.ask()
        assert server.join(60)


def _python() -> str:
    """Find an interpreter that any user may run."""
    for path in (Path("/usr/bin/python3"), Path(sys.executable)):
        if path.exists():
            return str(path)
    return sys.executable


def test_our_own_user_gets_in(server: Server, toys: Toys) -> None:
    assert status_for(server, "127.0.0.1", None) == 200
    assert toys.seen[0].user


def test_another_user_is_refused_unless_allowed(toys: Toys) -> None:
    """Root tries with the socket of another user; others are told apart by the daemon's uid."""
    if os.geteuid() == 0:
        with serving(toys) as server:
            assert status_for(server, "127.0.0.1", STRANGER) == 403
        with serving(toys, allow_users=("nobody",)) as server:
            assert status_for(server, "127.0.0.1", STRANGER) == 200
        assert toys.seen[0].user == "nobody"
    else:
        with serving(toys, own_uid=OTHER) as server:
            assert status_for(server, "127.0.0.1", None) == 403
    assert len(toys.seen) <= 1


def test_a_user_is_asked_for_on_ipv6_and_on_mapped_addresses_too(toys: Toys) -> None:
    uid = STRANGER if os.geteuid() == 0 else None
    own = os.geteuid() if os.geteuid() == 0 else OTHER
    with serving(toys, host="::1", own_uid=own) as server:
        assert status_for(server, "::1", uid) == 403
    with serving(toys, own_uid=own) as server:
        assert status_for(server, "::ffff:127.0.0.1", uid) == 403
    with serving(toys, host="::", insecure_listen=True, own_uid=own) as server:
        assert status_for(server, "127.0.0.1", uid) == 403
    assert toys.seen == []


def test_ipv4_mapped_sockets_of_our_own_get_in(server: Server) -> None:
    assert status_for(server, "::ffff:127.0.0.1", None) == 200


def test_the_user_is_asked_for_at_every_request(toys: Toys) -> None:
    uids = [os.geteuid(), OTHER, os.geteuid()]
    guard = Guard("127.0.0.1", (), (), False, os.geteuid(), lambda peer, here: uids.pop(0))
    with running(toys, guard) as server:
        wire = Wire(server.address)
        assert [wire.ask("GET /read HTTP/1.1").status for _ in range(3)] == [200, 403, 200]
        wire.close()


def test_a_client_whose_socket_is_gone_is_not_let_in(toys: Toys) -> None:
    """A closed client is listed with uid 0, which must not pass for root."""
    asked: list[int | None] = []

    def close_then_look(peer: tuple[str, int], here: tuple[str, int]) -> int | None:
        if asked:
            client.close()
        asked.append(socket_uid(peer, here))
        return asked[-1]

    guard = Guard("127.0.0.1", (), (), False, os.geteuid(), close_then_look)
    with running(toys, guard) as server:
        client = Wire(server.address)
        client.send("POST /write HTTP/1.1", *FORM, body=b"a=1")
        until(lambda: len(asked) == 2)
    assert asked == [os.geteuid(), None]
    assert toys.seen == []


def test_strangers_cannot_take_all_the_room(toys: Toys) -> None:
    """Beyond a share of the connections, only those of users who are let in are taken."""
    limits = Limits(connections=6, connections_per_address=4, idle_seconds=60)
    mine = socket.socket()
    mine.bind(("127.0.0.1", 0))

    def is_mine(peer: tuple[str, int], here: tuple[str, int]) -> int:
        return os.geteuid() if peer == mine.getsockname() else OTHER

    guard = Guard("127.0.0.1", (), (), False, os.geteuid(), is_mine)
    with running(toys, guard, limits) as server:
        held = [Wire(server.address) for _ in range(6)]
        assert [wire.answer().status for wire in held[4:]] == [403, 403]
        mine.connect(server.address)
        held.append(Wire(server.address, mine))
        assert held[-1].ask("GET /read HTTP/1.1").status == 200
        for wire in held:
            wire.close()


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1.nip.example:{port}", "localhost:1", "127.1"],
)
def test_a_name_that_was_pointed_at_us_is_refused(host: str, wire: Wire, toys: Toys) -> None:
    line = "Host: " + host.format(port=wire.sock.getpeername()[1])
    for request in (["GET /read HTTP/1.1"], ["POST /write HTTP/1.1", *FORM]):
        again = Wire(wire.sock.getpeername())
        assert again.ask(request[0], line, *request[1:], body=b"a=1", host=False).status == 403
        again.close()
    assert toys.seen == []


@pytest.mark.parametrize("host", ["", "a b", "a@b", "a/b", "[::1", "a:b", "localhost:8070:1"])
def test_a_malformed_host_is_refused(host: str, wire: Wire) -> None:
    assert wire.ask("GET /read HTTP/1.1", f"Host: {host}", host=False).status in (400, 403)


def test_configured_names_are_ours(toys: Toys) -> None:
    with serving(toys, allowed_hosts=("Cron.example", "tunnel.example:9000")) as server:
        wire = Wire(server.address)
        for host in ("cron.example", f"CRON.example:{server.address[1]}", "tunnel.example:9000"):
            line = f"Host: {host}"
            assert wire.ask("GET /read HTTP/1.1", line, host=False).status == 200, host
        assert wire.ask("GET /read HTTP/1.1", "Host: tunnel.example", host=False).status == 403
        wire.close()


@pytest.mark.parametrize(
    "lines",
    [
        ["Sec-Fetch-Site: cross-site"],
        ["Sec-Fetch-Site: same-site"],
        ["Sec-Fetch-Site: cross-site", "Origin: http://{host}"],
        ["Sec-Fetch-Site: "],
        ["Origin: http://evil.example"],
        ["Origin: null"],
        ["Origin: "],
        ["Origin: http://localhost:1"],
        ["Origin: http://{host}.evil.example"],
    ],
)
def test_another_sites_page_cannot_write(lines: list[str], wire: Wire, toys: Toys) -> None:
    told = [line.format(host=wire.host) for line in lines]
    answer = wire.ask("POST /write HTTP/1.1", *told, *FORM, body=b"a=1")
    assert answer.status == 403
    assert toys.seen == []


@pytest.mark.parametrize(
    "lines",
    [
        ["Sec-Fetch-Site: same-origin", "Origin: http://{host}"],
        ["Sec-Fetch-Site: none"],
        ["Origin: http://{host}"],
        [],
    ],
)
def test_our_own_page_and_plain_clients_can_write(lines: list[str], wire: Wire) -> None:
    told = [line.format(host=wire.host) for line in lines]
    assert wire.ask("POST /write HTTP/1.1", *told, *FORM, body=b"a=1").status == 200


def test_a_refused_body_is_not_asked_for(wire: Wire, toys: Toys) -> None:
    wire.send("POST /write HTTP/1.1", "Origin: null", *FORM, "Expect: 100-continue")
    assert wire.answer().status == 403
    assert wire.is_closed()
    assert toys.seen == []
