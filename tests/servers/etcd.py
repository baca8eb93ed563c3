"""A real etcd server, alone or as one node of a cluster."""

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers.certificates import Certificates
from tests.servers.child import Child, ChildFailed
from tests.servers.etcd_programs import etcd_program, run_etcdctl
from tests.servers.ports import free_port
from tests.waiting import until


@dataclass(frozen=True, slots=True)
class Login:
    """The user and the password that a server asks for."""

    user: str
    password: str


class EtcdServer:
    """One etcd on loopback with its data in a folder of its own; ports and data stay the same.

    With `tls` it takes only clients whose certificate the same authority signed.
    """

    def __init__(
        self,
        folder: Path,
        name: str = "etcd",
        tls: Certificates | None = None,
        arguments: Sequence[str] = (),
        program: Path | None = None,
    ) -> None:
        """Choose ports; nothing runs before start(). `arguments` are more flags for etcd."""
        self.folder = folder
        self.name = name
        self.tls = tls
        self.arguments = list(arguments)
        self.program = program or etcd_program()
        self.login: Login | None = None
        self.client_port, self.peer_port, self.health_port = (free_port() for _ in range(3))
        self.cluster = f"{name}={self.peer_url}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._child: Child | None = None

    @property
    def endpoint(self) -> str:
        """`host:port` for clients."""
        return f"127.0.0.1:{self.client_port}"

    @property
    def client_url(self) -> str:
        """The endpoint with its scheme."""
        return f"{'https' if self.tls else 'http'}://{self.endpoint}"

    @property
    def peer_url(self) -> str:
        """Where the other nodes of the cluster reach this one."""
        return f"http://127.0.0.1:{self.peer_port}"

    @property
    def child(self) -> Child:
        """The process, for pid, log and signals."""
        if self._child is None:
            self._child = Child(self._argv(), self.folder / "etcd.log")
        return self._child

    def start(self, wait: bool = True) -> None:
        """Start on the same ports and data as before; returns when it is healthy, if `wait`."""
        self.child.start()
        if wait:
            self.wait_healthy()

    def wait_healthy(self, timeout: float = 60.0) -> None:
        """Return when the node answers reads that its cluster agreed on; ChildFailed otherwise."""
        until(self._healthy_or_ended, timeout, f"{self.name} is healthy")
        if not self.child.running:
            raise ChildFailed(f"{self.name} ended with {self.child.exit_code}\n{self.child.tail()}")

    def healthy(self) -> bool:
        """Whether it says of itself that it is healthy, within two seconds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.health_port, timeout=2)
        try:
            connection.request("GET", "/health")
            return str(json.loads(connection.getresponse().read())["health"]) == "true"
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        """End it by SIGTERM; data and ports stay for another start()."""
        self.child.stop()

    def kill(self) -> None:
        """End it by SIGKILL; data and ports stay for another start()."""
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

    def etcdctl(self, *arguments: str, stdin: str = "") -> str:
        """Run etcdctl against this server, with its certificates and login, and give the output."""
        return run_etcdctl(self._connection(), arguments, stdin)

    def wipe(self, prefix: str = "/cron/") -> None:
        """Delete every key under `prefix`."""
        self.etcdctl("del", "--prefix", prefix)

    def require_login(self, user: str = "root", password: str = "secret") -> Login:
        """Turn authentication on with `user` as an administrator; etcdctl() uses it from then."""
        login = Login(user, password)
        self.etcdctl("user", "add", "root", "--new-user-password", password)
        self.etcdctl("user", "grant-role", "root", "root")
        if user != "root":
            self.etcdctl("user", "add", user, "--new-user-password", password)
            self.etcdctl("user", "grant-role", user, "root")
        self.etcdctl("auth", "enable")
        self.login = login
        return login

    def _healthy_or_ended(self) -> bool:
        return not self.child.running or self.healthy()

    def _connection(self) -> list[str]:
        options = [f"--endpoints={self.client_url}"]
        if self.tls:
            options += [
                f"--cacert={self.tls.ca}",
                f"--cert={self.tls.client_cert}",
                f"--key={self.tls.client_key}",
            ]
        if self.login:
            options.append(f"--user={self.login.user}:{self.login.password}")
        return options

    def _argv(self) -> list[str | Path]:
        settings = {
            "name": self.name,
            "data-dir": self.folder / "data",
            "listen-client-urls": self.client_url,
            "advertise-client-urls": self.client_url,
            "listen-peer-urls": self.peer_url,
            "initial-advertise-peer-urls": self.peer_url,
            "initial-cluster": self.cluster,
            "listen-metrics-urls": f"http://127.0.0.1:{self.health_port}",
            "logger": "zap",
            "log-level": "warn",
        }
        flags = [f"--{name}={value}" for name, value in settings.items()]
        if self.tls:
            flags += [
                "--client-cert-auth",
                f"--trusted-ca-file={self.tls.ca}",
                f"--cert-file={self.tls.server_cert}",
                f"--key-file={self.tls.server_key}",
            ]
        return [self.program, *flags, *self.arguments]


class RunningEtcd:
    """An etcd that somebody else started; it can be written to but not stopped."""

    def __init__(self, endpoint: str) -> None:
        """Take `host:port` of a server without TLS and login."""
        self.endpoint = endpoint
        self.client_url = f"http://{endpoint}"

    def etcdctl(self, *arguments: str, stdin: str = "") -> str:
        """Run etcdctl against this server and give what it printed."""
        return run_etcdctl([f"--endpoints={self.client_url}"], arguments, stdin)

    def wipe(self, prefix: str = "/cron/") -> None:
        """Delete every key under `prefix`."""
        self.etcdctl("del", "--prefix", prefix)
