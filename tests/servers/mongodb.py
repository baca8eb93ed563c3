"""A real server that speaks the MongoDB protocol."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pymongo
import pymongo.errors

from tests.servers.certificates import Certificates
from tests.servers.child import Child, ChildFailed
from tests.servers.etcd import Login
from tests.servers.ports import free_port
from tests.waiting import until

VARIABLE = "FLEETCRON_TEST_MONGODB"
"""Names a server program with SecantusDB's options, or a `mongodb://` URI of a running server."""


def running_uri() -> str | None:
    """The URI of the server that the environment names, None when it names none."""
    named = os.environ.get(VARIABLE, "")
    return named if "://" in named else None


def mongodb_program() -> Path:
    """The server: the one that the environment names, or the test package's."""
    named = os.environ.get(VARIABLE, "")
    if named and running_uri() is None:
        return Path(named).resolve(strict=True)
    return Path(sys.executable).with_name("secantusd-py")


class MongoServer:
    """One server on loopback with its data in a folder of its own; port and data stay the same.

    It writes to disk before it acknowledges. With `tls` it takes only clients whose certificate
    the same authority signed; with `login` it asks for that user and password.
    """

    def __init__(
        self,
        folder: Path,
        login: Login | None = None,
        tls: Certificates | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        """Choose a port; nothing runs before start(). `arguments` are more flags."""
        self.folder = folder
        self.login = login
        self.tls = tls
        self.arguments = list(arguments)
        self.port = free_port()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.child = self._child(["--auth"] if login else [])

    @property
    def endpoint(self) -> str:
        """`host:port` for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def uri(self) -> str:
        """What a client connects to, login and TLS files included."""
        return self._uri(self.login)

    def database_uri(self, database: str) -> str:
        """The same, with `database` as the one to use."""
        return self.uri.replace("/?", f"/{database}?", 1)

    def start(self, wait: bool = True) -> None:
        """Start on the same port and data as before; returns when it answers, if `wait`."""
        if self.login and not self._user_made.exists():
            self._make_user(self.login)
        self.child.start()
        if wait:
            self.wait_ready()

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Return when the server answers; ChildFailed if it ends instead."""
        self._wait_ready(self.child, self.uri, timeout)

    def stop(self) -> None:
        """End it by SIGTERM; data and port stay for another start()."""
        self.child.stop(timeout=20)

    def kill(self) -> None:
        """End it by SIGKILL; data and port stay for another start()."""
        self.child.kill()

    def restart(self) -> None:
        """stop() and start()."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing is answered."""
        self.child.freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        self.child.thaw()

    def client(self) -> "pymongo.MongoClient[dict[str, Any]]":
        """A client of its own, which the caller closes; calls give up after thirty seconds."""
        return connect(self.uri)

    @property
    def _user_made(self) -> Path:
        return self.folder / "user-made"

    def _make_user(self, login: Login) -> None:
        """Run once without asking for a login, to make the user."""
        child = self._child([])
        child.start()
        try:
            self._wait_ready(child, self._uri(None), 60)
            with connect(self._uri(None)) as client:
                client.admin.command(
                    "createUser",
                    login.user,
                    pwd=login.password,
                    roles=[{"role": "root", "db": "admin"}],
                )
        finally:
            child.stop(timeout=20)
        self._user_made.touch()

    def _wait_ready(self, child: Child, uri: str, timeout: float) -> None:
        until(lambda: not child.running or answers(uri), timeout, "the MongoDB server answers")
        if not child.running:
            raise ChildFailed(f"MongoDB server ended with {child.exit_code}\n{child.tail()}")

    def _uri(self, login: Login | None) -> str:
        who = f"{quote(login.user, '')}:{quote(login.password, '')}@" if login else ""
        options = ["directConnection=true"]
        if login:
            options.append("authSource=admin")
        if self.tls:
            options.append("tls=true")
            options.append(f"tlsCAFile={quote(str(self.tls.ca), '')}")
            options.append(f"tlsCertificateKeyFile={quote(str(self.tls.pair), '')}")
        return f"mongodb://{who}{self.endpoint}/?{'&'.join(options)}"

    def _child(self, flags: Sequence[str]) -> Child:
        argv: list[str | Path] = [mongodb_program(), "--host", "127.0.0.1"]
        argv += ["--port", str(self.port), "--storage-path", self.folder / "data"]
        argv += ["--standalone", "--sync-on-commit", "--log-level", "WARNING"]
        if self.tls:
            argv += ["--tls-cert-file", self.tls.server_cert]
            argv += ["--tls-key-file", self.tls.server_key]
            argv += ["--tls-ca-file", self.tls.ca, "--tls-require-client-cert"]
        return Child([*argv, *flags, *self.arguments], self.folder / "mongodb.log", cwd=self.folder)


class RunningMongo:
    """A MongoDB server that somebody else started; databases can be made in it."""

    def __init__(self, uri: str) -> None:
        """Take a `mongodb://` URI with a `/?` or nothing after the host."""
        self.uri = uri if "/?" in uri else f"{uri.rstrip('/')}/?"

    def database_uri(self, database: str) -> str:
        """The URI with `database` as the one to use."""
        return self.uri.replace("/?", f"/{database}?", 1)

    def client(self) -> "pymongo.MongoClient[dict[str, Any]]":
        """A client of its own, which the caller closes."""
        return connect(self.uri)


def connect(uri: str) -> "pymongo.MongoClient[dict[str, Any]]":
    """A client whose calls give up after thirty seconds."""
    return pymongo.MongoClient(uri, timeoutMS=30000, tz_aware=True)


def answers(uri: str) -> bool:
    """Whether a server at `uri` answers a ping within two seconds."""
    with pymongo.MongoClient[dict[str, Any]](uri, timeoutMS=2000) as client:
        try:
            client.admin.command("ping")
        except pymongo.errors.PyMongoError:
            return False
    return True
