"""The command line's way to a master: HTTP calls whose failures are sentences."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

import click

from common.logs import visible

DEFAULT_SERVER = "http://127.0.0.1:8070"
TIMEOUT_SECONDS = 60.0
FORM = "application/x-www-form-urlencoded"


class Refused(click.ClickException):
    """The master said no; its sentence is the message, the exit code 1."""


class NoAnswer(click.ClickException):
    """No answer of a master came; exit code 1."""


class Opened:
    """An answer that goes on. Reading it fails as http.client does: OSError, HTTPException."""

    def __init__(self, answer: http.client.HTTPResponse, sock: socket.socket) -> None:
        self.answer = answer
        self._sock = sock

    def wait_at_most(self, seconds: float) -> None:
        """Let each further read fail (TimeoutError) where nothing comes for so long."""
        self._sock.settimeout(seconds)


class Master:
    """One master by its URL. Environment proxies are not used."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._parts = _split(self.url)

    def get(self, path: str, **query: object) -> Any:
        """The data of a GET's answer."""
        given = urlencode(query, errors="surrogateescape")
        return self._call("GET", f"{path}?{given}" if given else path, b"", "")

    def post_form(self, path: str, **form: str) -> Any:
        """The data of the answer to a form."""
        body = urlencode(form, errors="surrogateescape").encode()
        return self._call("POST", path, body, FORM)

    def post_json(self, path: str, value: object) -> Any:
        """The data of the answer to a JSON body."""
        return self._call("POST", path, _packed(value), "application/json")

    @contextmanager
    def opened(self, path: str, **query: object) -> Iterator[Opened]:
        """A GET's answer of another kind than JSON, to be read as it comes.

        What the master refuses is Refused, as ever.
        """
        given = urlencode(query, errors="surrogateescape")
        with self._sentences("GET"), closing(self._connect()) as connection:
            connection.request("GET", f"{self._parts.path}{path}?{given}")
            sock = connection.sock
            answer = connection.getresponse()
            if answer.headers.get_content_type() == "application/json":
                self._data(answer.status, answer.read())
        with answer:
            yield Opened(answer, sock)

    def _call(self, method: str, target: str, body: bytes, kind: str) -> Any:
        with self._sentences(method):
            connection = self._connect()
            try:
                headers = {"Content-Type": kind} if kind else {}
                connection.request(method, self._parts.path + target, body or None, headers)
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
        return self._data(answer.status, content)

    def _connect(self) -> http.client.HTTPConnection:
        https = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if https else http.client.HTTPConnection
        return kind(self._parts.hostname or "", self._parts.port, timeout=TIMEOUT_SECONDS)

    @contextmanager
    def _sentences(self, method: str) -> Iterator[None]:
        unknown = "; it is not known whether it was done" if method == "POST" else ""
        try:
            yield
        except ConnectionRefusedError as error:
            raise NoAnswer(f"no master answers at {self.url}; is it running?") from error
        except TimeoutError as error:
            raise NoAnswer(
                f"the master at {self.url} did not answer within {TIMEOUT_SECONDS:g} s{unknown}"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            broke_off = isinstance(error, ConnectionError | http.client.HTTPException)
            raise NoAnswer(
                f"cannot talk to {self.url}: {why}{unknown if broke_off else ''}"
            ) from error

    def _data(self, status: int, content: bytes) -> Any:
        try:
            answer = json.loads(content)
            errno, message = answer["errno"], str(answer["msg"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise NoAnswer(
                f"{self.url} answers HTTP {status}, but not as a fleetcron master does"
            ) from error
        if errno != 0 or status != http.client.OK:
            raise Refused(visible(message))
        return answer.get("data")


def _packed(value: object) -> bytes:
    """The JSON, no longer than need be: a master takes so much and no more."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which the master is to refuse
        return json.dumps(value).encode()


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username is not None:
        raise click.BadParameter(f"expected http://host:port, got {url!r}", param_hint="--server")
    return parts


def server_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--server URL`, passed to it as a `Master` called `server`."""
    return click.option(
        "--server",
        metavar="URL",
        default=lambda: os.environ.get("FLEETCRON_SERVER") or DEFAULT_SERVER,
        show_default=f"$FLEETCRON_SERVER, else {DEFAULT_SERVER}",
        callback=lambda context, parameter, value: Master(value),
        help="The master to speak to.",
    )(command)


def output_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `-o table|json`, passed to it as `as_json`."""
    return click.option(
        "-o",
        "--format",
        "as_json",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        callback=lambda context, parameter, value: value == "json",
        help="How to print.",
    )(command)
