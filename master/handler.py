"""One client's conversation: requests in, answers out, on a thread of its own."""

import contextlib
import http.server
import logging
import socket
import time
from typing import Any, cast

from master.guard import Guard
from master.request import Refused, Reply, Request, refusal
from master.request_form import is_form, parse_fields, parse_form
from master.request_head import Head, read_head
from master.routes import Routes, View
from master.server_connections import Connection, Connections
from master.server_limits import Limits
from master.streaming import Streaming

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SAFETY = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_BODILESS = frozenset({204, 304})
_LINGER_BYTES = 1 << 16

log = logging.getLogger(__name__)


class Handler(http.server.BaseHTTPRequestHandler):
    """Reads, checks and answers requests until either side closes.

    The stock loop and its writing of headers are kept; its reading of requests is replaced.
    Constructing one runs the whole conversation; OSError means that the client went away.
    """

    protocol_version = request_version = "HTTP/1.1"
    server_version = "fleetcron"
    sys_version = ""
    disable_nagle_algorithm = True

    def __init__(
        self,
        link: Connection,
        connections: Connections,
        routes: Routes,
        guard: Guard,
        limits: Limits,
    ) -> None:
        self._link, self._connections = link, connections
        self._routes, self._guard, self._limits = routes, guard, limits
        self._unread = False
        self._started = 0.0
        self._user: str | None = None
        super().__init__(link.sock, link.peer, cast(Any, None))

    def version_string(self) -> str:
        """Name the server without any version."""
        return self.server_version

    def handle_one_request(self) -> None:
        """Read one request and answer it; leaves `close_connection` false to go on."""
        self.close_connection = True
        if not cast(Any, self.rfile).peek(1):
            return
        self._started = time.monotonic()
        self._allow(self._limits.head_seconds)
        head, reply = self._exchange()
        if reply is None:
            return
        reply = self._seat(head, reply)
        self.close_connection = (
            head is None
            or head.closes
            or self._unread
            or self._connections.leaving
            or reply.stream is not None
        )
        self._log_access(head, reply)
        self._send(head, reply)
        if head is None or self._unread:
            self._linger()
        elif not self.close_connection:
            self._connections.wait_until(
                self._link, time.monotonic() + self._limits.idle_seconds, busy=False
            )

    def _exchange(self) -> tuple[Head | None, Reply | None]:
        """Read a request and act on it; no reply means that the client went away."""
        head = None
        self._unread, self._user = True, None
        try:
            head = read_head(self.rfile, self._limits)
            if head is None:
                return None, None
            self._unread = head.length > 0
            view = self._admit(head)
            body = self._read_body(head)
            return head, self._act(view, head, body)
        except Refused as refused:
            return head, refused.reply

    def _seat(self, head: Head | None, reply: Reply) -> Reply:
        """The reply as it is given: a stream needs a place among the streams."""
        if reply.stream is None or head is None or head.method == "HEAD":
            return reply
        if self._connections.begin_stream(self._link):
            return reply
        return refusal(503, "too many streams: try again", (("Retry-After", "1"),))

    def _admit(self, head: Head) -> View:
        """Check a head before its body is looked at; raises Refused."""
        self._guard.check(head, self._link.here)
        if head.length:
            self._guard.visitor(self._link.peer, self._link.here)
        return self._routes.find(head.method, head.path)

    def _read_body(self, head: Head) -> bytes:
        if not head.length:
            return b""
        self._allow(self._limits.body_seconds)
        if head.continues:
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(head.length)
        if len(body) < head.length:
            raise ConnectionResetError("the client went away within its body")
        self._unread = False
        return body

    def _act(self, view: View, head: Head, body: bytes) -> Reply:
        """Ask for the user right before acting, then call the view."""
        self._allow(self._limits.request_seconds)
        form = parse_form(body) if is_form(head.headers.get("content-type", "")) else {}
        query = parse_fields(head.query, "query")
        peer = self._link.peer
        self._user = self._guard.visitor(peer, self._link.here)
        request = Request(head.method, head.path, query, form, body, head.headers, peer, self._user)
        try:
            return view(request)
        except Refused:
            raise
        except Exception:
            log.exception("%s %s failed", head.method, ascii(head.path))
            return refusal(500, "the server failed at this request; its log says why")

    def _send(self, head: Head | None, reply: Reply) -> None:
        """Write an answer; its body is left out for HEAD and where the status has none."""
        bodiless = reply.status in _BODILESS
        chunks = reply.stream is not None and head is not None and head.chunks
        headers = {"Cache-Control": "no-store", **SAFETY, **dict(reply.headers)}
        headers["Connection"] = "close" if self.close_connection else "keep-alive"
        if not bodiless:
            headers |= {"Content-Type": reply.content_type, **_framing(reply, chunks)}
        self.send_response_only(reply.status)
        self.send_header("Server", self.version_string())
        self.send_header("Date", self.date_time_string())
        for name, value in headers.items():
            self.send_header(name, value.replace("\r", "").replace("\n", ""))
        self.end_headers()
        if bodiless or (head is not None and head.method == "HEAD"):
            return
        if reply.stream is None:
            self.wfile.write(reply.body)
        else:
            of = self._link, self._connections, self._limits
            streaming = Streaming(*of, chunks, reply.patient)
            reply.stream(streaming)
            streaming.finish()

    def _linger(self) -> None:
        """Close towards the client and throw away what it still sends, for a moment.

        Closing over unread bytes would reset the connection and could take the answer with it.
        """
        self._connections.wait_until(
            self._link, time.monotonic() + self._limits.linger_seconds, busy=True
        )
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while self.connection.recv(_LINGER_BYTES):
                pass

    def _allow(self, seconds: float) -> None:
        """Give the current part of the request so long, and never more than the whole has."""
        end = self._started + self._limits.request_seconds
        self._connections.wait_until(self._link, min(time.monotonic() + seconds, end), busy=True)

    def _log_access(self, head: Head | None, reply: Reply) -> None:
        """Log a call without its query: writes as INFO, what only reads as DEBUG."""
        quiet = head is None or head.method in ("GET", "HEAD")
        what = f"{head.method} {ascii(head.path)[1:-1]}" if head else "(no request)"
        spent = (time.monotonic() - self._started) * 1000
        log.log(
            logging.DEBUG if quiet else logging.INFO,
            "%s (%s) %s: %d, %d bytes, %.1f ms",
            self._link.peer[0],
            self._user or "-",
            what,
            reply.status,
            len(reply.body),
            spent,
        )


def _framing(reply: Reply, chunks: bool) -> dict[str, str]:
    """The headers that say where the body ends, and that no proxy may hold back a stream."""
    if reply.stream is None:
        return {"Content-Length": str(len(reply.body))}
    return {"X-Accel-Buffering": "no", **({"Transfer-Encoding": "chunked"} if chunks else {})}
