"""Requests that are not plain are refused, and nothing hidden in them is ever executed."""

import socket

import pytest

from tests.integration.raw_http import Toys, Wire

HIDDEN = b"GET /read HTTP/1.1\r\nHost: localhost\r\n\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded"


REFUSED = [
    (501, ["POST /write HTTP/1.1", "Transfer-Encoding: chunked"]),
    (501, ["POST /write HTTP/1.1", "Transfer-Encoding: chunked", "Content-Length: 4"]),
    (501, ["POST /write HTTP/1.1", "Transfer-Encoding: xchunked", "Content-Length: 4"]),
    (501, ["GET /read HTTP/1.1", "transfer-encoding: identity"]),
    (400, ["POST /write HTTP/1.1", "Content-Length: 4", "Content-Length: 4"]),
    (400, ["POST /write HTTP/1.1", "Content-Length: 4", "content-length: 40"]),
    (400, ["POST /write HTTP/1.1", "Content-Length: 4, 4"]),
    (400, ["POST /write HTTP/1.1", "Content-Length: -4"]),
    (400, ["POST /write HTTP/1.1", "Content-Length: +4"]),
    (400, ["POST /write HTTP/1.1", "Content-Length: 0x4"]),
    (400, ["POST /write HTTP/1.1", "Content-Length: 4_0"]),
    (400, ["POST /write HTTP/1.1", "Content-Length: \xb2"]),
    (400, ["POST /write HTTP/1.1", "Content-Length:"]),
    (411, ["POST /write HTTP/1.1"]),
    (411, ["PUT /write HTTP/1.1"]),
    (413, ["POST /write HTTP/1.1", "Content-Length: 1048577"]),
    (413, ["POST /write HTTP/1.1", "Content-Length: " + "9" * 5000]),
    (414, ["GET /" + "a" * 8192 + " HTTP/1.1"]),
    (414, ["GET /" + "a" * 20000 + " HTTP/1.1"]),
    (431, ["GET /read HTTP/1.1", "X-Big: " + "a" * 33000]),
    (431, ["GET /read HTTP/1.1", *(f"X-{n}: {'a' * 600}" for n in range(60))]),
    (431, ["GET /read HTTP/1.1", *(f"X-{n}: a" for n in range(150))]),
    (400, ["GET /read HTTP/1.1", "X-Fold: a", " b"]),
    (400, ["GET /read HTTP/1.1", " X-Lead: a"]),
    (400, ["GET /read HTTP/1.1", "X-Space : a"]),
    (400, ["GET /read HTTP/1.1", "Content-Length : 40"]),
    (400, ["GET /read HTTP/1.1", "no colon here"]),
    (400, ["GET /read HTTP/1.1", ": no name"]),
    (400, ["GET /read HTTP/1.1", "X-Bare-CR: a\rContent-Length: 40"]),
    (400, ["GET /read HTTP/1.1", "X-Bare-LF: a\nContent-Length: 40"]),
    (400, ["GET /read HTTP/1.1", "X-Nul: a\x00b"]),
    (400, ["GET /read HTTP/1.1", "Host: localhost"]),
    (400, ["GET /read HTTP/1.1", "Origin: a", "Origin: b"]),
    (400, ["GET /read"]),
    (400, ["GET  /read HTTP/1.1"]),
    (400, ["GET /read HTTP/1.1 "]),
    (400, ["GET\t/read\tHTTP/1.1"]),
    (400, ["GET /re\xe4d HTTP/1.1"]),
    (400, ["GET http://localhost/read HTTP/1.1"]),
    (400, ["GET /read#part HTTP/1.1"]),
    (400, ["GET /re%ZZad HTTP/1.1"]),
    (400, ["GET /re%00ad HTTP/1.1"]),
    (400, ["GET /re%ffad HTTP/1.1"]),
    (417, ["POST /write HTTP/1.1", "Expect: the-moon", "Content-Length: 4"]),
    (501, ["BREW /read HTTP/1.1"]),
    (501, ["get /read HTTP/1.1"]),
    (505, ["GET /read HTTP/2.0"]),
    (505, ["GET /read HTTP/0.9"]),
]


@pytest.mark.parametrize(("status", "lines"), REFUSED, ids=[repr(r[1])[:70] for r in REFUSED])
def test_what_is_not_plain_is_refused_and_what_follows_is_not_executed(
    status: int, lines: list[str], wire: Wire, toys: Toys
) -> None:
    answer = wire.ask(*lines, body=HIDDEN)
    assert answer.status == status
    assert answer.headers["connection"] == "close"
    assert answer.msg
    assert wire.is_closed()
    assert toys.paths == []


@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/1.0"])
def test_a_request_without_host_is_refused(version: str, wire: Wire, toys: Toys) -> None:
    assert wire.ask(f"GET /read {version}", host=False).status == 400
    assert wire.is_closed()
    assert toys.paths == []


def test_lines_that_end_in_lf_alone_are_refused(wire: Wire, toys: Toys) -> None:
    wire.sock.sendall(b"GET /read HTTP/1.1\nHost: localhost\n\n")
    assert wire.answer().status == 400
    assert toys.paths == []


def test_bytes_that_are_not_http_are_refused(wire: Wire) -> None:
    wire.sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
    assert wire.answer().status == 400
    assert wire.is_closed()


def test_a_body_for_no_route_is_not_taken_for_the_next_request(wire: Wire, toys: Toys) -> None:
    answer = wire.ask("POST /nowhere HTTP/1.1", f"Content-Length: {len(HIDDEN)}", body=HIDDEN)
    assert answer.status == 404
    assert wire.is_closed()
    assert toys.paths == []


def test_the_body_of_a_get_is_not_taken_for_the_next_request(wire: Wire, toys: Toys) -> None:
    answer = wire.ask("GET /read HTTP/1.1", f"Content-Length: {len(HIDDEN)}", body=HIDDEN)
    assert answer.status == 200
    assert wire.ask("GET /read HTTP/1.1").status == 200
    assert len(toys.paths) == 2


def test_pipelined_requests_are_answered_in_order(wire: Wire, toys: Toys) -> None:
    wire.send("POST /write HTTP/1.1", FORM, "Content-Length: 3", body=b"a=1")
    wire.send("GET /read HTTP/1.1")
    wire.send("POST /write HTTP/1.1", FORM, "Content-Length: 3", body=b"b=2")
    assert [wire.answer().body for _ in range(3)] == [b'{"a": "1"}', b'{"errno": 0}', b'{"b": "2"}']
    assert toys.paths == ["/write", "/read", "/write"]


def test_a_body_cut_short_is_not_acted_upon(wire: Wire, toys: Toys) -> None:
    wire.send("POST /write HTTP/1.1", FORM, "Content-Length: 30", body=b"a=1")
    wire.sock.shutdown(socket.SHUT_WR)
    answered = wire.stream.read()
    assert answered == b"" or b" 403 " in answered.splitlines()[0]
    assert toys.paths == []


def test_a_body_of_the_full_size_is_taken(wire: Wire, toys: Toys) -> None:
    body = b"x" * (1 << 20)
    assert wire.ask("POST /write HTTP/1.1", "Content-Length: 1048576", body=body).status == 200
    assert toys.seen[0].body == body
    assert toys.seen[0].form == {}


def test_one_empty_line_before_a_request_is_passed_over(wire: Wire) -> None:
    wire.sock.sendall(b"\r\n")
    assert wire.ask("GET /read HTTP/1.1").status == 200


def test_http_1_0_is_answered_and_closed(wire: Wire) -> None:
    answer = wire.ask("GET /read HTTP/1.0", "Connection: keep-alive")
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert wire.is_closed()


def test_a_client_may_ask_for_the_close(wire: Wire) -> None:
    answer = wire.ask("GET /read HTTP/1.1", "Connection: TE, Close")
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert wire.is_closed()


def test_expect_continue_is_told_to_go_on_before_its_body(wire: Wire) -> None:
    wire.send("POST /write HTTP/1.1", FORM, "Content-Length: 3", "Expect: 100-Continue")
    assert wire.answer().status == 100
    wire.sock.sendall(b"a=1")
    assert wire.answer().body == b'{"a": "1"}'


def test_expect_continue_of_what_is_refused_is_told_so_at_once(wire: Wire) -> None:
    answer = wire.ask("POST /nowhere HTTP/1.1", "Content-Length: 3", "Expect: 100-continue")
    assert answer.status == 404
    assert wire.is_closed()
