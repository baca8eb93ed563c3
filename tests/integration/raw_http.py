"""A client that sends exactly the bytes it is told to, and servers for it to try them on."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from master.guard import Guard
from master.request import Reply, Request
from master.routes import Routes
from master.server import Limits, Server

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One response off the wire; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def msg(self) -> str:
        """The sentence of a refusal."""
        return str(json.loads(self.body)["msg"])


class Wire:
    """One connection to a server, in raw bytes."""

    def __init__(self, address: tuple[str, int], sock: socket.socket | None = None) -> None:
        self.sock = sock or socket.create_connection(address, timeout=PATIENCE)
        self.host = (
            f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"
        )
        self.stream = self.sock.makefile("rb")

    def send(self, *lines: str, body: bytes = b"", host: bool = True) -> None:
        """Send a head of these lines (plus Host), and a body as it is."""
        if host:
            lines = (lines[0], f"Host: {self.host}", *lines[1:])
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def answer(self, bodiless: bool = False) -> Answer:
        """Read one response; raises EOFError if the server closed instead."""
        line = self.stream.readline()
        if not line:
            raise EOFError("the server closed the connection")
        status = int(line.split()[1])
        headers: dict[str, str] = {}
        while (line := self.stream.readline().rstrip(b"\r\n")) != b"":
            name, _, value = line.decode("latin-1").partition(": ")
            headers[name.lower()] = value
        length = 0 if bodiless or status == 100 else int(headers.get("content-length", "0"))
        return Answer(status, headers, self.stream.read(length))

    def ask(self, *lines: str, body: bytes = b"", host: bool = True) -> Answer:
        """Send one request and read its response."""
        self.send(*lines, body=body, host=host)
        return self.answer()

    def is_closed(self) -> bool:
        """Wait for the server's close; false if it sends something instead."""
        try:
            return self.stream.read(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        """Close the connection."""
        self.stream.close()
        self.sock.close()


class Toys:
    """Views that record what reached them, on a running server."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.routes = Routes()
        self.routes.add("GET", "/read", self.read)
        self.routes.add("POST", "/write", self.write)
        self.routes.add("GET", "/slow", self.slow)
        self.routes.add("GET", "/broken", self.broken)

    def read(self, request: Request) -> Reply:
        """Answer with a fixed body."""
        self.seen.append(request)
        return Reply(200, b'{"errno": 0}')

    def write(self, request: Request) -> Reply:
        """Answer with the form that arrived."""
        self.seen.append(request)
        return Reply(200, json.dumps(request.form).encode())

    def slow(self, request: Request) -> Reply:
        """Answer once the test lets go."""
        self.entered.set()
        self.go_on.wait(PATIENCE)
        return self.read(request)

    def broken(self, request: Request) -> Reply:
        """Fail as only a mistake of ours does."""
        raise RuntimeError("a secret of the server")

    @property
    def paths(self) -> list[str]:
        """The paths of the requests that were acted upon."""
        return [request.path for request in self.seen]


@contextmanager
def serving(
    toys: Toys, limits: Limits | None = None, host: str = "127.0.0.1", **guard: Any
) -> Iterator[Server]:
    """Run a server on a free port for the time of a test."""
    options: dict[str, Any] = {
        "allow_users": (),
        "allowed_hosts": (),
        "insecure_listen": False,
        "own_uid": os.geteuid(),
    }
    guarded = Guard(host, **(options | guard))
    server = Server((host, 0), toys.routes, guarded, limits or Limits())
    server.start()
    try:
        yield server
    finally:
        toys.go_on.set()
        server.ask()
        assert server.join(PATIENCE)
