"""What the command line says when the master it asks is not there, not well, or not a master."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import click
import pytest
from click.testing import CliRunner, Result

from cli import client
from cli.__main__ import fleetcron
from cli.client import Master, NoAnswer, Refused
from tests.servers.ports import free_port


class Toy(BaseHTTPRequestHandler):
    """Answers every call as the test says, and remembers what was asked."""

    answer = (200, b"")
    asked: list[tuple[str, str, dict[str, str], bytes]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        Toy.asked.append((self.command, self.path, dict(self.headers), body))
        self.send_response(Toy.answer[0])
        self.send_header("Content-Length", str(len(Toy.answer[1])))
        self.end_headers()
        self.wfile.write(Toy.answer[1])

    do_POST = do_GET

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def toy() -> Iterator[str]:
    Toy.answer = (200, json.dumps({"errno": 0, "msg": "success", "data": []}).encode())
    Toy.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Toy) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(fleetcron, list(arguments))


def test_where_nobody_listens_the_user_is_asked_whether_a_master_runs() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = run("job", "list", "--server", url)
    assert result.exit_code == 1
    assert result.stderr == f"Error: no master answers at {url}; is it running?\n"


def test_a_name_that_is_not_known_is_named() -> None:
    result = run("job", "list", "--server", "http://no-such-host.invalid:8070")
    assert result.exit_code == 1
    assert "cannot talk to http://no-such-host.invalid:8070: " in result.stderr


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (502, b"{}"), (200, b"[]"), (404, b""), (200, b"\xff")]
)
def test_another_kind_of_server_is_recognised(toy: str, status: int, body: bytes) -> None:
    Toy.answer = (status, body)
    result = run("job", "list", "--server", toy)
    assert result.exit_code == 1
    assert f"{toy} answers HTTP {status}, but not as a fleetcron master does" in result.stderr


def test_a_masters_refusal_is_passed_on_without_control_characters(toy: str) -> None:
    Toy.answer = (403, b'{"errno": -1, "msg": "not you\\u001b[2J", "data": null}')
    result = run("job", "list", "--server", toy)
    assert (result.exit_code, result.stderr) == (1, "Error: not you\\x1b[2J\n")


def test_a_master_that_does_not_answer_in_time_leaves_a_save_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        master = Master(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(NoAnswer, match=r"within 0\.05 s; it is not known"):
            master.post_form("/job/save", job="{}")
        with pytest.raises(NoAnswer, match=r"did not answer within 0\.05 s$"):
            master.get("/job/list")


def test_a_connection_that_breaks_off_is_a_sentence_and_leaves_a_save_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            for _ in range(2):
                with server.accept()[0] as connection:
                    connection.recv(65_536)

        threading.Thread(target=hang_up).start()
        master = Master(f"http://127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(NoAnswer, match=r"cannot talk to .* without response$"):
            master.get("/job/list")
        with pytest.raises(NoAnswer, match=r"it is not known whether it was done$"):
            master.post_form("/job/save", job="{}")


def test_another_programs_fields_are_shown_as_json(toy: str) -> None:
    job = {"name": "a", "command": "b", "cronExpr": "c", "theirs": [True, None, {"ü": 1}]}
    entry = {"job": job, "invalid": "no"}
    Toy.answer = (200, json.dumps({"errno": 0, "msg": "success", "data": entry}).encode())
    assert 'theirs: [true, null, {"ü": 1}]\n' in run("job", "show", "a", "--server", toy).stdout


def test_a_proxy_of_the_environment_is_not_used(toy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert Master(toy).get("/job/list") == []


def test_the_server_comes_from_the_option_or_the_environment(toy: str) -> None:
    assert run("job", "list", FLEETCRON_SERVER=f"{toy}/").exit_code == 0
    assert run("job", "list", "--server", f"{toy}/below", FLEETCRON_SERVER="x").exit_code == 0
    assert [path for _, path, _, _ in Toy.asked] == ["/api/v1/jobs", "/below/api/v1/jobs"]


def test_any_name_goes_through_a_form_unharmed(toy: str) -> None:
    Master(toy).post_form("/job/delete", name="备份 a&b=c%20+\udcff")
    (_, _, headers, body) = Toy.asked[0]
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert body == b"name=%E5%A4%87%E4%BB%BD+a%26b%3Dc%2520%2B%FF"


def test_a_refusal_keeps_its_sentence(toy: str) -> None:
    Toy.answer = (200, b'{"errno": -1, "msg": "name: is missing", "data": null}')
    with pytest.raises(Refused, match="name: is missing"):
        Master(toy).post_json("/api/v1/jobs", [])


@pytest.mark.parametrize("url", ["", "localhost:8070", "http://", "http://[::1", "http://a?b"])
def test_what_is_not_a_masters_url_is_refused(url: str) -> None:
    with pytest.raises(click.BadParameter):
        Master(url)
