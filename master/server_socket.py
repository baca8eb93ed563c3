"""The listening socket, and the short answer to those for whom there is no room."""

import contextlib
import socket
from http import HTTPStatus

from common.errors import ConfigError
from master.request import Address, Reply

_UNREAD = 1 << 16


def listening_socket(listen: Address, backlog: int) -> socket.socket:
    """Bind and listen on (host, port), IPv4 or IPv6; "::" takes both. Raises ConfigError."""
    host, port = listen[0].strip("[]"), listen[1]
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(
            address[:2],
            family=family,
            backlog=backlog,
            dualstack_ipv6=family == socket.AF_INET6 and host == "::",
        )
    except OSError as error:
        raise ConfigError(f"listen: {listen[0]} port {port} cannot be used: {error}") from error


def turn_away(sock: socket.socket, reply: Reply) -> None:
    """Answer a connection that gets no thread, without ever waiting for it, and close it."""
    head = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        "Server: fleetcron",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
        *(f"{name}: {value}" for name, value in reply.headers),
        "Connection: close",
    ]
    with sock, contextlib.suppress(OSError):
        sock.setblocking(False)
        sock.send("\r\n".join([*head, "", ""]).encode() + reply.body)
        sock.shutdown(socket.SHUT_WR)
        # What has come already would turn the close into a reset that takes the answer with it.
        sock.recv(_UNREAD)
