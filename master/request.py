"""What a view is given and what it gives back, and the shape of a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: the server adds length, date, connection and the headers of safety."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Headers = ()


class Refused(FleetcronError):
    """A request that is not acted upon; `reply` is what its client is told."""

    def __init__(self, status: int, msg: str, headers: Headers = ()) -> None:
        super().__init__(msg)
        self.reply = refusal(status, msg, headers)


def refusal(status: int, msg: str, headers: Headers = ()) -> Reply:
    """Answer no with a status of HTTP and the interface's Response (errno -1) as the body."""
    return Reply(status, build_response(-1, msg, None), headers=headers)
