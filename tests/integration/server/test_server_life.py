"""A server starts at once, ends in time, and says so when a thread of its dies."""

import queue
import socket

import pytest

from common.errors import ConfigError
from master.guard import Guard
from master.server import Limits, Server
from tests.integration.raw_http import Toys, Wire, serving
from tests.waiting import until

LOCAL = ("127.0.0.1", 0)


def idle_server(toys: Toys | None = None) -> Server:
    """Make a server that has not been started."""
    return Server(LOCAL, (toys or Toys()).routes, Guard("127.0.0.1", (), (), False, 0))


def can_connect(server: Server) -> bool:
    """Try to reach a server."""
    try:
        socket.create_connection(server.address, timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_server_that_never_started_ends_twice() -> None:
    server = idle_server()
    for _ in range(2):
        server.ask()
        assert server.join(60)
    assert not can_connect(server)


def test_a_server_asked_before_its_start_ends_at_once() -> None:
    server = idle_server()
    server.ask()
    server.start()
    assert server.join(60)


def test_a_server_ends_twice_and_gives_its_address_back() -> None:
    server = idle_server()
    server.start()
    assert can_connect(server)
    for _ in range(2):
        server.ask()
        assert server.join(60)
    again = Server(server.address, Toys().routes, Guard("127.0.0.1", (), (), False, 0))
    again.ask()
    assert again.join(60)


def test_join_without_ask_says_that_the_server_still_runs() -> None:
    with serving(Toys()) as server:
        assert not server.join(0.05)
        assert can_connect(server)


def test_a_request_under_way_is_answered_before_the_end() -> None:
    toys = Toys()
    with serving(toys) as server:
        wire, idle = Wire(server.address), Wire(server.address)
        wire.send("GET /slow HTTP/1.1")
        assert toys.entered.wait(60)
        server.ask()
        assert idle.is_closed()
        until(lambda: not can_connect(server))
        toys.go_on.set()
        answer = wire.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert server.join(60)


def test_a_request_that_outlives_the_deadline_is_cut() -> None:
    toys = Toys()
    with serving(toys) as server:
        wire = Wire(server.address)
        wire.send("GET /slow HTTP/1.1")
        assert toys.entered.wait(60)
        server.ask()
        assert not server.join(0.1)
        assert wire.is_closed()


def test_a_taken_address_is_named() -> None:
    with serving(Toys()) as server, pytest.raises(ConfigError, match=str(server.address[1])):
        Server(server.address, Toys().routes, Guard("127.0.0.1", (), (), False, 0))


def test_the_death_of_a_thread_is_told() -> None:
    server = idle_server()
    told: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    server.died = lambda name, error: told.put((name, str(error)))

    def break_down() -> None:
        raise RuntimeError("broken")

    server._connections.step = break_down  # type: ignore[method-assign]
    server.start()
    assert told.get(timeout=60) == ("http deadlines", "broken")
    server.ask()
    assert server.join(60)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "[::1]"])
def test_both_families_are_served(host: str) -> None:
    with serving(Toys(), host=host) as server:
        wire = Wire(server.address)
        assert wire.ask("GET /read HTTP/1.1").status == 200
        wire.close()


def test_every_address_of_both_families_is_one_socket() -> None:
    with serving(Toys(), Limits(), host="::", insecure_listen=True) as server:
        for host in ("127.0.0.1", "::1"):
            wire = Wire((host, server.address[1]))
            assert wire.ask("GET /read HTTP/1.1").status == 200
            wire.close()
