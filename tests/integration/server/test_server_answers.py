"""What the server says: headers of safety, HEAD, refusals, forms, and what it keeps to itself."""

import json
import logging
import os
import pwd

import pytest

from master.handler import CONTENT_POLICY
from master.request import Reply
from master.server import Server
from tests.integration.raw_http import Toys, Wire

FORM = "Content-Type: application/x-www-form-urlencoded"


def post(wire: Wire, body: bytes, kind: str = FORM) -> tuple[int, object]:
    """Post a body and give status and decoded answer."""
    answer = wire.ask("POST /write HTTP/1.1", kind, f"Content-Length: {len(body)}", body=body)
    return answer.status, json.loads(answer.body)


def test_every_answer_carries_the_headers_of_safety(wire: Wire) -> None:
    for path, status in (("/read", 200), ("/nowhere", 404)):
        headers = wire.ask(f"GET {path} HTTP/1.1").headers
        assert headers["content-security-policy"] == CONTENT_POLICY, status
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


def test_the_server_names_no_version(wire: Wire) -> None:
    assert wire.ask("GET /read HTTP/1.1").headers["server"] == "fleetcron"


def test_head_is_a_get_without_its_body(wire: Wire) -> None:
    wire.send("HEAD /read HTTP/1.1")
    answer = wire.answer(bodiless=True)
    assert (answer.status, answer.headers["content-length"]) == (200, "12")
    assert wire.ask("GET /read HTTP/1.1").body == b'{"errno": 0}'


def test_refusals_have_the_shape_of_every_answer(wire: Wire) -> None:
    answer = wire.ask("GET /nowhere HTTP/1.1")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    refused = json.loads(answer.body)
    assert (refused["errno"], refused["data"]) == (-1, None)


def test_a_wrong_method_is_told_which_are_right(wire: Wire) -> None:
    answer = wire.ask("DELETE /read HTTP/1.1")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert wire.ask("GET /write HTTP/1.1").status == 405


def test_a_view_that_breaks_is_an_answer_without_its_secrets(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    answer = wire.ask("GET /broken HTTP/1.1")
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert "a secret of the server" in caplog.text
    assert wire.ask("GET /read HTTP/1.1").status == 200


def test_a_view_may_not_split_the_answer(toys: Toys, wire: Wire) -> None:
    header = ("X-Name", "a\r\nX-Forged: b")
    toys.routes.add("GET", "/split", lambda _: Reply(200, b"", headers=(header,)))
    assert "x-forged" not in wire.ask("GET /split HTTP/1.1").headers


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", {}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=%E4%BD%A0+%2B&&b", {"a": "你 +", "b": ""}),
        (
            'job={"name":"你","command":"a;b=c"}'.encode(),
            {"job": '{"name":"你","command":"a;b=c"}'},
        ),
        (b"%61=1", {"a": "1"}),
    ],
)
def test_forms_are_decoded(body: bytes, fields: dict[str, str], wire: Wire) -> None:
    assert post(wire, body, FORM + "; charset=UTF-8") == (200, fields)


@pytest.mark.parametrize(
    "body",
    [
        b"a=1&a=2",
        b"a=1&%61=2",
        b"a=%ff",
        b"a=\xff",
        b"a=%4",
        b"a=100%",
        b"&".join(b"f%d=1" % n for n in range(65)),
    ],
)
def test_forms_that_could_be_read_two_ways_are_refused(body: bytes, wire: Wire, toys: Toys) -> None:
    assert post(wire, body)[0] == 400
    assert toys.seen == []
    assert wire.ask("GET /read HTTP/1.1").status == 200


def test_a_query_is_read_as_strictly(wire: Wire, toys: Toys) -> None:
    assert wire.ask("GET /read?skip=1&skip=2 HTTP/1.1").status == 400
    assert wire.ask("GET /read?name=%E4%BD%A0&skip=1 HTTP/1.1").status == 200
    assert toys.seen[0].query == {"name": "你", "skip": "1"}


def test_a_body_of_another_type_is_given_raw(wire: Wire, toys: Toys) -> None:
    post(wire, b'{"a": 1}', "Content-Type: application/json")
    assert (toys.seen[0].body, toys.seen[0].form) == (b'{"a": 1}', {})


def test_the_access_log_has_no_query_and_no_control_characters(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "master")
    wire.ask("GET /read?token=secret HTTP/1.1")
    wire.ask("GET /%E4%BD%A0%C2%9B31m HTTP/1.1")
    post(wire, b"a=secret")
    text = caplog.text
    assert "GET /read: 200" in text
    assert f"127.0.0.1 ({pwd.getpwuid(os.geteuid()).pw_name}) POST /write: 200" in text
    assert "secret" not in text
    assert "\x9b" not in text


def test_a_client_that_resets_leaves_no_traceback(
    server: Server, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO):
        for lines in (["GET /read HTTP/1.1"], ["GET /re"]):
            wire = Wire(server.address)
            # Closing with SO_LINGER at zero sends a reset.
            wire.sock.setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")
            wire.send(*lines)
            wire.close()
        last = Wire(server.address)
        assert last.ask("GET /read HTTP/1.1").status == 200
        last.close()
    assert "Traceback" not in caplog.text + capfd.readouterr().err
