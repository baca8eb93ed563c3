"""The request line and the headers, read strictly.

Two readings of the same bytes are how a request is smuggled past a check, so whatever RFC 9112
lets a server guess at is refused here and the connection is closed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedIOBase

from master.request import Refused
from master.request_form import parse_path
from master.server_limits import Limits

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NEED_LENGTH = frozenset({"POST", "PUT", "PATCH"})
MOST_HEADERS = 100
# Of these a second one could be read differently by somebody else, or by our own checks.
SINGLE = frozenset(
    {
        "authorization",
        "content-length",
        "content-type",
        "expect",
        "host",
        "origin",
        "sec-fetch-site",
        "transfer-encoding",
    }
)

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_LINE = re.compile(rf"({_TOKEN}) ([\x21-\x7e]+) HTTP/([0-9])\.([0-9])")
_HEADER = re.compile(rf"({_TOKEN}):[ \t]*((?:[^\x00-\x08\x0a-\x1f\x7f])*)")
_DIGITS = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Head:
    """A request line and its headers, whose framing is beyond doubt.

    `path` is decoded, `query` is not yet; `length` is the body's bytes (0 = none); `closes` says
    that the client cannot or will not use the connection again, `chunks` that it reads an answer
    in chunks.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    length: int
    continues: bool
    closes: bool
    chunks: bool = True


def read_head(stream: BufferedIOBase, limits: Limits) -> Head | None:
    """Read one head; None if the client went away before it was whole. Raises Refused."""
    line = _read_line(stream, limits.target_bytes + 32, 414, "the request line is too long")
    if line == "":  # one empty line before a request is allowed (RFC 9112, 2.2)
        line = _read_line(stream, limits.target_bytes + 32, 414, "the request line is too long")
    if line is None:
        return None
    method, target, minor = _parse_line(line, limits)
    headers = _read_headers(stream, limits.head_bytes - len(line))
    if headers is None:
        return None
    return _build(method, target, minor, headers, limits)


def _read_line(stream: BufferedIOBase, most: int, status: int, msg: str) -> str | None:
    """Read a line of at most `most` bytes without its CRLF; None at the end of the stream."""
    raw = stream.readline(most + 1)
    if not raw.endswith(b"\n"):
        if len(raw) > most:
            raise Refused(status, msg)
        return None
    if not raw.endswith(b"\r\n") or raw.find(b"\r") != len(raw) - 2:
        raise Refused(400, "a line of the request does not end in CR LF alone")
    return raw[:-2].decode("latin-1")


def _parse_line(line: str, limits: Limits) -> tuple[str, str, int]:
    """Split the request line into method, target and minor version."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise Refused(400, "the request line is not METHOD /path HTTP/1.1")
    method, target, major, minor = match.groups()
    if major != "1":
        raise Refused(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    if method not in METHODS:
        raise Refused(501, "this method is not known here")
    if len(target) > limits.target_bytes:
        raise Refused(414, f"the request's target is longer than {limits.target_bytes} bytes")
    if not target.startswith("/") or "#" in target:
        raise Refused(400, "the request's target must be a path that begins with /")
    return method, target, int(minor)


def _read_headers(stream: BufferedIOBase, budget: int) -> dict[str, str] | None:
    """Read headers up to the empty line; a repeated harmless one is joined with a comma."""
    headers: dict[str, str] = {}
    for _ in range(MOST_HEADERS + 1):
        line = _read_line(stream, max(budget, 0), 431, "the headers are too large")
        if not line:
            return None if line is None else headers
        budget -= len(line) + 2
        name, value = _parse_header(line)
        if name in headers and name in SINGLE:
            raise Refused(400, f"the header {name} came twice")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    raise Refused(431, f"more than {MOST_HEADERS} headers")


def _parse_header(line: str) -> tuple[str, str]:
    """Split `Name: value`; folded lines, spaces before the colon and controls are refused."""
    match = _HEADER.fullmatch(line)
    if match is None:
        raise Refused(400, "a header is not Name: value on one line")
    return match[1].lower(), match[2].rstrip(" \t")


def _build(method: str, target: str, minor: int, headers: dict[str, str], limits: Limits) -> Head:
    """Check what spans several headers, and make the Head."""
    if "transfer-encoding" in headers:
        raise Refused(501, "Transfer-Encoding is not taken here: send a Content-Length")
    if not headers.get("host"):
        raise Refused(400, "the header Host is missing")
    expect = headers.get("expect", "").lower()
    if expect not in ("", "100-continue"):
        raise Refused(417, "the only expectation that is met here is 100-continue")
    path, _, query = target.partition("?")
    options = {option.strip() for option in headers.get("connection", "").lower().split(",")}
    return Head(
        method=method,
        path=parse_path(path),
        query=query,
        headers=headers,
        length=_body_length(method, headers.get("content-length"), limits),
        continues=expect != "" and minor > 0,
        closes=minor == 0 or "close" in options,
        chunks=minor > 0,
    )


def _body_length(method: str, text: str | None, limits: Limits) -> int:
    """Read Content-Length: plain digits, needed by methods that write, at most the limit."""
    if text is None:
        if method in NEED_LENGTH:
            raise Refused(411, f"a {method} needs a Content-Length")
        return 0
    if not re.fullmatch(r"[0-9]+", text):
        raise Refused(400, "the Content-Length is not a number")
    if not _DIGITS.fullmatch(text) or int(text) > limits.body_bytes:
        raise Refused(413, f"the body is larger than {limits.body_bytes} bytes")
    return int(text)
