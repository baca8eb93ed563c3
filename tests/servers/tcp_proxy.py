"""A TCP proxy on loopback that can be cut, and can swallow what goes through it."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable

from tests.servers.ports import free_port

_CHUNK = 65536


class TcpProxy:
    """Passes connections on to one port until `cut`, `hole` or `drop_answers`; `mend` ends those.

    What is stranded (`strand`) by itself stays so.

    All of it runs on one thread, which `close` ends.
    """

    def __init__(self, upstream_port: int) -> None:
        """Listen on a free port and pass on to `upstream_port` of this machine."""
        self.port = free_port()
        self._upstream = ("127.0.0.1", upstream_port)
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._servers: set[socket.socket] = set()
        self._refusing = self._silent = self._deaf = False
        self._inbox: list[Callable[[], None]] = []
        self._wake, self._woken = socket.socketpair()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._selector = selectors.DefaultSelector()
        self._running = True
        for known in (self._listener, self._woken):
            self._selector.register(known, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="tcp-proxy")
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """`host:port` for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def open(self) -> int:
        """How many connections there are."""
        return len(self._servers)

    def cut(self) -> None:
        """Reset all connections and take no others."""
        self._do(lambda: self._set(refusing=True))

    def hole(self) -> None:
        """Keep the connections, and move no byte in either direction."""
        self._do(lambda: self._set(silent=True))

    def strand(self) -> None:
        """Keep the connections that there are, and move no byte of them; others are passed on."""
        self._do(self._leave_all)

    def drop_answers(self) -> None:
        """Pass on what clients send, and swallow what the server answers."""
        self._do(lambda: self._set(deaf=True))

    def mend(self) -> None:
        """Pass everything again; what was swallowed or held ended its connection."""
        self._do(lambda: self._set(anew=True))

    def close(self) -> None:
        """End all connections and the thread."""
        self._do(self._end)
        self._thread.join(10)
        self._drop_all()
        for known in (self._listener, self._wake, self._woken):
            known.close()

    def _end(self) -> None:
        self._running = False

    def _set(
        self,
        refusing: bool = False,
        silent: bool = False,
        deaf: bool = False,
        anew: bool = False,
    ) -> None:
        self._refusing, self._silent, self._deaf = refusing, silent, deaf
        if refusing or anew:
            self._drop_all()

    def _do(self, what: Callable[[], None]) -> None:
        """Have the thread do it, and return when it is done."""
        done = threading.Event()

        def do() -> None:
            what()
            done.set()

        self._inbox.append(do)
        self._wake.send(b"x")
        assert done.wait(10), "the proxy's thread is gone"

    def _run(self) -> None:
        while self._running:
            for key, _ in self._selector.select():
                self._handle(key.fileobj)

    def _handle(self, ready: object) -> None:
        if ready is self._woken:
            self._woken.recv(1)
            self._inbox.pop(0)()
        elif ready is self._listener:
            self._accept()
        elif isinstance(ready, socket.socket) and ready in self._pairs:
            self._pass_on(ready)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        try:
            if self._refusing:
                raise ConnectionRefusedError
            server = socket.create_connection(self._upstream)
        except OSError:
            client.close()
            return
        self._servers.add(server)
        for one, other in ((client, server), (server, client)):
            self._pairs[one] = other
            if not self._silent:
                self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, source: socket.socket) -> None:
        if self._silent:
            self._selector.unregister(source)
            return
        try:
            data = source.recv(_CHUNK)
            if data and not (self._deaf and source in self._servers):
                self._pairs[source].sendall(data)
        except OSError:
            data = b""
        if not data:
            self._drop(source)

    def _drop(self, one: socket.socket) -> None:
        """Close a connection on both of its sides."""
        other = self._pairs.pop(one)
        self._pairs.pop(other, None)
        for side in (one, other):
            self._servers.discard(side)
            with contextlib.suppress(KeyError):
                self._selector.unregister(side)
            side.close()

    def _leave_all(self) -> None:
        for one in self._pairs:
            with contextlib.suppress(KeyError):
                self._selector.unregister(one)

    def _drop_all(self) -> None:
        while self._pairs:
            self._drop(next(iter(self._pairs)))
