"""Answers that go on: in chunks, within a place and a time of their own, and they end at a stop."""

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator

import pytest

from master.request import Reply, Request, Sink
from master.server import Limits, Server
from tests.integration.raw_http import Answer, Toys, Wire, serving
from tests.waiting import until

ENOUGH = 1 << 26
"""More than two ends of a socket hold back."""


class Streamed(Toys):
    """One call whose answer is what the test says, made while it is sent."""

    def __init__(self, body: Callable[[Sink], None], patient: bool = False) -> None:
        super().__init__()
        self._body, self._patient = body, patient
        self.called = 0
        self.over = threading.Event()
        self.routes.add("GET", "/stream", self.stream)

    def stream(self, request: Request) -> Reply:
        """Answer by the test's body."""
        return Reply(200, b"", "text/plain", stream=self._run, patient=self._patient)

    def _run(self, sink: Sink) -> None:
        self.called += 1
        try:
            self._body(sink)
        finally:
            self.over.set()


@contextlib.contextmanager
def streaming(
    body: Callable[[Sink], None], limits: Limits | None = None, patient: bool = False
) -> Iterator[tuple[Streamed, Server]]:
    """Serve that body."""
    toys = Streamed(body, patient)
    with serving(toys, limits) as server:
        yield toys, server


def ask(server: Server, *lines: str) -> tuple[Wire, Answer]:
    """Ask for the stream; the connection behind its head."""
    wire = Wire(server.address)
    wire.send("GET /stream HTTP/1.1", *lines)
    return wire, wire.answer()


def wait_for_the_end(sink: Sink) -> None:
    """Say that it has begun, and then nothing before the stream is to end."""
    ended = threading.Event()
    sink.call_when_over(ended.set)
    sink.write(b"begun")
    assert ended.wait(60)
    sink.write(b"ended")


def three_words(sink: Sink) -> None:
    """An answer in three writes."""
    for word in (b"one ", b"", b"two ", b"three"):
        sink.write(word)


def test_a_stream_comes_in_chunks_and_its_connection_ends() -> None:
    with streaming(three_words) as (_, server):
        wire, answer = ask(server)
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.headers["x-accel-buffering"] == "no"
        assert (answer.headers["connection"], answer.headers["cache-control"]) == (
            "close",
            "no-store",
        )
        assert "content-length" not in answer.headers
        assert wire.stream.read() == b"4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n"


def test_a_client_of_http_1_0_gets_it_plain() -> None:
    with streaming(three_words) as (_, server):
        wire = Wire(server.address)
        wire.send("GET /stream HTTP/1.0")
        assert "transfer-encoding" not in wire.answer().headers
        assert wire.stream.read() == b"one two three"


def test_a_head_of_a_stream_is_its_headers_alone() -> None:
    with streaming(three_words) as (toys, server):
        wire = Wire(server.address)
        wire.send("HEAD /stream HTTP/1.1")
        assert wire.answer().status == 200
        assert wire.is_closed()
        assert toys.called == 0


def test_a_stream_that_breaks_off_cannot_be_taken_for_a_whole_one() -> None:
    def broken(sink: Sink) -> None:
        sink.write(b"half")
        raise RuntimeError("broken")

    with streaming(broken) as (_, server):
        client = http.client.HTTPConnection(*server.address, timeout=60)
        client.request("GET", "/stream")
        with pytest.raises(http.client.IncompleteRead):
            client.getresponse().read()
        client.close()


def test_streams_have_places_of_their_own() -> None:
    limits = Limits(connections=2, connections_per_address=2, streams=2)
    with streaming(wait_for_the_end, limits) as (_, server):
        open_ones = [ask(server)[0] for _ in range(2)]
        _, refused = ask(server)
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        wire = Wire(server.address)
        assert wire.ask("GET /read HTTP/1.1").status == 200
        server.ask()
        assert all(each.stream.read().endswith(b"0\r\n\r\n") for each in open_ones)


def test_a_place_is_free_again_when_its_stream_is_over() -> None:
    with streaming(three_words, Limits(streams=1)) as (_, server):
        for _ in range(3):
            wire, answer = ask(server)
            assert answer.status == 200
            assert wire.stream.read().endswith(b"0\r\n\r\n")
            until(lambda: not server._connections._streams)


def test_a_stream_outlives_a_requests_time() -> None:
    limits = Limits(request_seconds=0.2)
    never = threading.Event()

    def late(sink: Sink) -> None:
        assert not never.wait(0.5)
        sink.write(b"late")

    with streaming(late, limits) as (_, server):
        wire, _ = ask(server)
        assert wire.stream.read() == b"4\r\nlate\r\n0\r\n\r\n"


def test_a_client_that_takes_nothing_is_dropped() -> None:
    def much(sink: Sink) -> None:
        sink.write(bytes(ENOUGH))

    with streaming(much, Limits(stream_write_seconds=0.2)) as (toys, server):
        _wire, _ = ask(server)
        assert toys.over.wait(60)
        until(lambda: not server._connections._streams)


def test_a_client_that_pauses_is_borne_where_it_may() -> None:
    def much(sink: Sink) -> None:
        sink.write(bytes(ENOUGH))

    limits = Limits(stream_write_seconds=0.05)
    with streaming(much, limits, patient=True) as (toys, server):
        wire, _ = ask(server)
        assert not toys.over.wait(0.5)
        taken = 0
        while data := wire.stream.read(1 << 20):
            taken += len(data)
        assert taken > ENOUGH
        assert toys.over.is_set()


def test_a_stream_is_told_when_its_time_is_up() -> None:
    def endless(sink: Sink) -> None:
        until(lambda: sink.is_over)
        sink.write(b"over")

    with streaming(endless, Limits(stream_seconds=0.2)) as (_, server):
        wire, _ = ask(server)
        assert wire.stream.read() == b"4\r\nover\r\n0\r\n\r\n"


def test_a_stream_that_does_not_heed_its_time_is_cut() -> None:
    limits = Limits(stream_seconds=0.1, stream_write_seconds=0.1)

    def deaf(sink: Sink) -> None:
        until(lambda: sink.is_gone)

    with streaming(deaf, limits) as (toys, server):
        ask(server)
        assert toys.over.wait(60)


def test_a_client_that_goes_is_noticed() -> None:
    def quiet(sink: Sink) -> None:
        assert not sink.is_gone
        sink.write(b"there")
        until(lambda: sink.is_gone)

    with streaming(quiet) as (toys, server):
        wire, _ = ask(server)
        wire.stream.readline()
        assert not toys.over.is_set()
        wire.close()
        assert toys.over.wait(60)


def test_a_stop_wakes_streams_and_lets_them_end_well() -> None:
    with streaming(wait_for_the_end) as (_, server):
        wire, _ = ask(server)
        assert wire.stream.readline() + wire.stream.readline() == b"5\r\nbegun\r\n"
        server.ask()
        assert wire.stream.read() == b"5\r\nended\r\n0\r\n\r\n"
        assert server.join(60)


def test_a_stream_that_asks_after_the_stop_is_woken_at_once() -> None:
    begun, stopped = threading.Event(), threading.Event()

    def late(sink: Sink) -> None:
        begun.set()
        assert stopped.wait(60)
        wait_for_the_end(sink)

    with streaming(late) as (_, server):
        wire, _ = ask(server)
        assert begun.wait(60)
        server.ask()
        stopped.set()
        assert wire.stream.read().endswith(b"ended\r\n0\r\n\r\n")
