"""Time and room: slow, silent and many clients are cut or turned away, the others are served."""

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator

import pytest

from master.request import Reply
from master.server import Limits, Server
from tests.integration.raw_http import Answer, Toys, Wire, serving
from tests.waiting import pause, until

# Short where a test waits for the cut, long where another deadline must not be the one that cuts.
LONG = 60.0


@contextlib.contextmanager
def wired(server: Server) -> Iterator[Wire]:
    """Give a connection to a server for the time of a block."""
    wire = Wire(server.address)
    try:
        yield wire
    finally:
        wire.close()


def threads_of_clients() -> int:
    """Count the threads that hold a conversation."""
    return sum(thread.name.startswith("http 127.") for thread in threading.enumerate())


def test_a_client_that_says_nothing_is_cut() -> None:
    with serving(Toys(), Limits(idle_seconds=0.2)) as server, wired(server) as wire:
        assert wire.is_closed()


def test_a_head_that_trickles_in_is_cut_however_often_a_byte_comes() -> None:
    limits = Limits(idle_seconds=LONG, head_seconds=0.3)
    with serving(Toys(), limits) as server, wired(server) as wire:
        assert trickles_until_cut(wire, b"GET /read HTTP/1.1\r\nX-Slow: " + b"a" * 10_000)


def test_a_body_that_trickles_in_is_cut_however_often_a_byte_comes() -> None:
    toys = Toys()
    limits = Limits(idle_seconds=LONG, body_seconds=0.3)
    with serving(toys, limits) as server, wired(server) as wire:
        wire.send("POST /write HTTP/1.1", "Content-Length: 10000")
        assert trickles_until_cut(wire, b"a" * 9_000)
        assert toys.paths == []


def test_a_request_as_a_whole_has_its_time() -> None:
    limits = Limits(idle_seconds=LONG, body_seconds=LONG, request_seconds=0.3)
    with serving(Toys(), limits) as server, wired(server) as wire:
        wire.send("POST /write HTTP/1.1", "Content-Length: 10000")
        assert trickles_until_cut(wire, b"a" * 9_000)


def trickles_until_cut(wire: Wire, data: bytes) -> bool:
    """Send byte after byte, faster than any timeout per read, until the server cuts."""
    for byte in data:
        try:
            wire.sock.sendall(bytes([byte]))
        except OSError:
            return True
        pause(0.01)
    return False


def test_a_client_that_does_not_read_its_answer_is_cut() -> None:
    toys = Toys()
    limits = Limits(idle_seconds=LONG, request_seconds=3)
    with serving(toys, limits) as server, wired(server) as wire:
        wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        toys.routes.add("GET", "/big", lambda _: Reply(200, b"x" * (64 << 20)))
        wire.send("GET /big HTTP/1.1")
        assert wire.stream.read(1) == b"H"
        until(lambda: threads_of_clients() == 0, why="the thread that writes ends")


def test_an_idle_connection_is_kept_for_a_while_and_then_cut() -> None:
    with serving(Toys(), Limits(idle_seconds=2)) as server, wired(server) as wire:
        for _ in range(3):
            assert wire.ask("GET /read HTTP/1.1").status == 200
            pause(0.1)
        assert wire.is_closed()


def test_a_view_that_takes_long_is_not_an_idle_connection() -> None:
    toys = Toys()
    limits = Limits(idle_seconds=0.1, head_seconds=0.1, body_seconds=0.1)
    with serving(toys, limits) as server, wired(server) as wire:
        wire.send("GET /slow HTTP/1.1")
        assert toys.entered.wait(60)
        pause(0.3)
        toys.go_on.set()
        assert wire.answer().status == 200


def test_three_hundred_silent_connections_are_not_three_hundred_threads() -> None:
    with serving(Toys(), Limits(idle_seconds=LONG)) as server:
        silent = [Wire(server.address) for _ in range(300)]
        try:
            turned_away = [wire.answer() for wire in silent[64:]]
            assert {answer.status for answer in turned_away} == {503}
            assert {answer.headers["retry-after"] for answer in turned_away} == {"1"}
            assert threads_of_clients() == 64
        finally:
            for wire in silent:
                wire.close()
        until(lambda: threads_of_clients() == 0)
        with wired(server) as wire:
            assert wire.ask("GET /read HTTP/1.1").status == 200


def test_a_burst_that_is_turned_away_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serving(Toys(), Limits(connections=1, idle_seconds=LONG)) as server, wired(server):
        for _ in range(20):
            with wired(server) as late:
                assert late.answer().status == 503
    said = [record for record in caplog.records if "turning away" in record.message]
    assert len(said) == 1


def test_room_is_free_again_once_the_silent_are_cut() -> None:
    def asked() -> Answer | None:
        with wired(server) as wire, contextlib.suppress(OSError, EOFError):
            answer = wire.ask("GET /read HTTP/1.1")
            return answer if answer.status == 200 else None
        return None

    with (
        serving(Toys(), Limits(connections=2, idle_seconds=0.3)) as server,
        wired(server),
        wired(server),
    ):
        assert until(asked)


def test_a_deadline_sooner_than_the_one_waited_for_is_kept() -> None:
    limits = Limits(idle_seconds=LONG, head_seconds=0.2)
    with serving(Toys(), limits) as server, wired(server), wired(server) as late:
        pause(0.1)
        late.sock.sendall(b"GET")
        assert late.is_closed()


def test_cut_connections_are_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "master")
    with serving(Toys(), Limits(idle_seconds=0.1)) as server, wired(server) as wire:
        assert wire.is_closed()
    assert "its time is up" in caplog.text
