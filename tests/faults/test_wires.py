"""The wires do to bytes what they are told, and nothing else."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults.http2_frames import DATA, HEADERS, OLD_SECONDS, FrameFilter
from tests.faults.wires import (
    CLEAR,
    HOLE,
    MUTED,
    NOTHING_DOWN,
    NOTHING_UP,
    REFUSED,
    Weather,
    Wire,
    Wires,
)
from tests.waiting import pause

PATIENCE = 10.0
SHORT = 0.3


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server's listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(PATIENCE)
        yield made


@pytest.fixture
def wire(listener: socket.socket) -> Iterator[Wire]:
    """A wire to it."""
    wires = Wires()
    yield wires.wire(listener.getsockname()[1])
    wires.close()


@contextmanager
def connected(wire: Wire, listener: socket.socket) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection through the wire; what they wait for comes, or fails."""
    with socket.create_connection(("127.0.0.1", wire.port), PATIENCE) as client:
        server, _ = listener.accept()
        with server:
            server.settimeout(PATIENCE)
            yield client, server


def silent(end: socket.socket) -> bool:
    """Whether nothing comes for a moment."""
    end.settimeout(SHORT)
    try:
        return not end.recv(1)
    except TimeoutError:
        return True
    finally:
        end.settimeout(PATIENCE)


def test_in_clear_weather_bytes_and_ends_pass_both_ways(
    wire: Wire, listener: socket.socket
) -> None:
    with connected(wire, listener) as (client, server):
        client.sendall(b"up")
        assert server.recv(9) == b"up"
        server.sendall(b"down")
        assert client.recv(9) == b"down"
        client.shutdown(socket.SHUT_WR)
        assert server.recv(9) == b""
        server.sendall(b"still")
        assert client.recv(9) == b"still"


def test_a_hole_moves_nothing_and_gives_it_all_when_mended(
    wire: Wire, listener: socket.socket
) -> None:
    with connected(wire, listener) as (client, server):
        wire.set(HOLE)
        client.sendall(b"up")
        server.sendall(b"down")
        assert silent(client)
        assert silent(server)
        wire.set(CLEAR)
        assert (server.recv(9), client.recv(9)) == (b"up", b"down")


@pytest.mark.parametrize("weather", [NOTHING_UP, NOTHING_DOWN])
def test_a_one_way_hole_moves_bytes_the_other_way(
    wire: Wire, listener: socket.socket, weather: Weather
) -> None:
    with connected(wire, listener) as (client, server):
        wire.set(weather)
        client.sendall(b"up")
        server.sendall(b"down")
        held, free = (server, client) if weather is NOTHING_UP else (client, server)
        assert free.recv(9) in (b"up", b"down")
        assert silent(held)


def test_a_broken_connection_is_reset_and_none_is_taken(
    wire: Wire, listener: socket.socket
) -> None:
    with connected(wire, listener) as (client, server):
        wire.set(REFUSED)
        for end in (client, server):
            with pytest.raises(ConnectionResetError):
                end.recv(9)
        with pytest.raises(ConnectionResetError):
            socket.create_connection(("127.0.0.1", wire.port), PATIENCE).recv(9)
    wire.set(CLEAR)
    with connected(wire, listener) as (client, server):
        client.sendall(b"again")
        assert server.recv(9) == b"again"


def test_what_a_hole_held_is_lost_with_its_connection(wire: Wire, listener: socket.socket) -> None:
    with connected(wire, listener) as (client, server):
        wire.set(HOLE)
        client.sendall(b"lost")
        wire.reset()
        wire.set(CLEAR)
        with pytest.raises(ConnectionResetError):
            server.recv(9)


def test_a_delay_is_added_once_and_not_to_each_piece(wire: Wire, listener: socket.socket) -> None:
    with connected(wire, listener) as (client, server):
        wire.set(Weather(delay=0.5))
        begun = time.monotonic()
        for piece in [bytes([n]) for n in range(8)]:
            client.sendall(piece)
            pause(0.01)
        got = b""
        while len(got) < 8:
            got += server.recv(9)
        assert got == bytes(range(8))
        assert 0.5 <= time.monotonic() - begun < 3.5


def test_a_slow_wire_takes_its_time(wire: Wire, listener: socket.socket) -> None:
    with connected(wire, listener) as (client, server):
        wire.set(Weather(rate=1000))
        begun = time.monotonic()
        client.sendall(b"x" * 400)
        assert server.recv(999) == b"x" * 400
        assert time.monotonic() - begun >= 0.4


def test_a_trap_lets_the_request_pass_and_holds_its_answer(
    wire: Wire, listener: socket.socket
) -> None:
    with connected(wire, listener) as (client, server):
        wire.trap(b"/cron/runs/")
        client.sendall(b"harmless")
        assert server.recv(99) == b"harmless"
        server.sendall(b"fine")
        assert client.recv(9) == b"fine"
        client.sendall(b"put /cron/runs/x")
        assert server.recv(99) == b"put /cron/runs/x"
        assert wire.sprung.wait(PATIENCE)
        server.sendall(b"done")
        assert silent(client)


def test_a_connection_outlives_data_that_is_kept_back(listener: socket.socket) -> None:
    wires = Wires()
    wire = wires.wire(listener.getsockname()[1], http2=True)
    with connected(wire, listener) as (client, server):
        server.sendall(frame(HEADERS, 1))
        assert client.recv(99) == frame(HEADERS, 1)
        pause(OLD_SECONDS)
        wire.set(MUTED)
        server.sendall(frame(DATA, 1, b"event"))
        assert silent(client)
        server.sendall(frame(6, 0, b"12345678"))
        assert client.recv(99) == frame(6, 0, b"12345678")
    wires.close()


def frame(kind: int, stream: int, payload: bytes = b"") -> bytes:
    """An HTTP/2 frame without flags."""
    return len(payload).to_bytes(3, "big") + bytes([kind, 0]) + stream.to_bytes(4, "big") + payload


def test_only_data_of_streams_that_are_open_for_long_is_kept_back() -> None:
    frames = FrameFilter()
    opening = frame(4, 0) + frame(HEADERS, 1) + frame(DATA, 1, b"watch")
    assert frames.feed(opening, 10.0, False) == opening
    late = frame(DATA, 1, b"event") + frame(6, 0, b"12345678") + frame(HEADERS, 3)
    answer = frame(DATA, 3, b"answer")
    said = late + answer
    passed = b"".join(frames.feed(said[n : n + 1], 13.0, True) for n in range(len(said)))
    assert passed == frame(6, 0, b"12345678") + frame(HEADERS, 3) + answer
    assert frames.feed(frame(DATA, 1, b"more"), 14.0, False) == frame(DATA, 1, b"more")
