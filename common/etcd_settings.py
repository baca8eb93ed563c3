"""Where etcd is and how it knows us. Imports no etcd library, so that any config may use it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from common.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of etcd as it was configured: a name or a literal address, and a port."""

    host: str
    port: int
    secure: bool

    @property
    def literal(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        """The host as an address, or None when it is a name that has to be resolved."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None

    @property
    def loopback(self) -> bool:
        """Whether this can only be our own machine."""
        literal = self.literal
        return self.host == "localhost" if literal is None else literal.is_loopback


@dataclass(frozen=True, slots=True)
class EtcdSettings:
    """All that is needed to reach etcd; times in seconds.

    An endpoint is "host:port", "http://host:port" or "https://host:port", IPv6 as "[::1]:2379".
    One that names no scheme speaks TLS when a file of certificates is given. `ConfigError` names
    what does not fit together.
    """

    endpoints: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    dial_timeout_seconds: float = 5.0
    request_timeout_seconds: float = 2.0

    def __post_init__(self) -> None:
        if (self.user is None) != (self.password is None):
            raise ConfigError("etcd: user and password are given together or not at all")
        if (self.cert_file is None) != (self.key_file is None):
            raise ConfigError("etcd: cert_file and key_file are given together or not at all")
        if self.dial_timeout_seconds <= 0 or self.request_timeout_seconds <= 0:
            raise ConfigError("etcd: a timeout has to be more than 0 seconds")
        parsed = self.parsed()
        if not parsed:
            raise ConfigError("etcd: endpoints has to name at least one host:port")
        if len({endpoint.secure for endpoint in parsed}) > 1:
            raise ConfigError("etcd: endpoints are all http or all https, not some of each")
        if self._has_files and not self.secure:
            raise ConfigError("etcd: certificates are given, but the endpoints say http")

    @property
    def _has_files(self) -> bool:
        return self.ca_file is not None or self.cert_file is not None

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken."""
        return self.parsed()[0].secure

    @property
    def loopback(self) -> bool:
        """Whether all of etcd is on our own machine."""
        return all(endpoint.loopback for endpoint in self.parsed())

    def parsed(self) -> tuple[Endpoint, ...]:
        """The endpoints, read; `ConfigError` names the first that cannot be."""
        return tuple(_parse(text, self._has_files) for text in self.endpoints)


def _parse(text: str, secure_unless_said: bool) -> Endpoint:
    """Read one endpoint; a path, a user or a missing port is refused."""
    scheme, mark, rest = text.rpartition("://")
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    plain = parts.path in ("", "/") and "@" not in parts.netloc if host else False
    if not host or not port or not plain or (mark and scheme not in ("http", "https")):
        raise ConfigError(
            f"etcd: endpoints: {_without_user(text)!r} is not host:port,"
            " http://host:port or https://host:port"
        )
    return Endpoint(host, port, scheme == "https" if mark else secure_unless_said)


def _without_user(text: str) -> str:
    """The text without what stands before an @, which may be a password."""
    return text.rpartition("@")[2]
