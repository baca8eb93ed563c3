"""What a view is given and what it gives back, and the shape of a refusal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from common.errors import FleetcronError
from common.protocol import build_response

Address = tuple[str, int]
"""An IP address as text (an IPv4-mapped one as plain IPv4) and a port."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One whole request that has passed every check of the server and of its guard.

    `path` is decoded; `query` and `form` hold each field once. `form` is empty unless the body is
    `application/x-www-form-urlencoded`; `body` is always the raw bytes. Header names are in lower
    case. `user` is the local user behind a loopback socket, None for a client elsewhere.
    """

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    body: bytes
    headers: Mapping[str, str]
    peer: Address
    user: str | None


class Sink(Protocol):
    """Where an answer goes that is made while it is sent; belongs to the thread that makes it."""

    def write(self, data: bytes) -> None:
        """Send this; OSError when the client is gone, or takes nothing for too long."""

    @property
    def is_gone(self) -> bool:
        """Whether the client has closed its end."""

    @property
    def is_over(self) -> bool:
        """Whether an answer without an end of its own is to end: the server stops, or the
        stream's time is up."""

    def call_when_over(self, wake: Callable[[], None]) -> None:
        """Let `wake` be called, from any thread, once the server stops; at once if it does."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: the server adds length, date, connection and the headers of safety.

    With a `stream` the body is what that writes, and the connection ends with it. It is not called
    for a HEAD or where there are too many streams. What it raises breaks the answer off, which a
    client of HTTP/1.1 can tell from its end. One that is `patient` bears a client that pauses.
    """

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Headers = ()
    stream: Callable[[Sink], None] | None = None
    patient: bool = False


class Refused(FleetcronError):
    """A request that is not acted upon; `reply` is what its client is told."""

    def __init__(self, status: int, msg: str, headers: Headers = ()) -> None:
        super().__init__(msg)
        self.reply = refusal(status, msg, headers)


def refusal(status: int, msg: str, headers: Headers = ()) -> Reply:
    """Answer no with a status of HTTP and the interface's Response (errno -1) as the body."""
    return Reply(status, build_response(-1, msg, None), headers=headers)
