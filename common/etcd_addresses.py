"""The addresses behind etcd's endpoints: names are looked up by us, and again after trouble."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from common.etcd_outage import Outage
from common.etcd_settings import Endpoint

_LEAST_INTERVAL = 1.0
"""Seconds between two lookups."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address to connect to, and the name that its certificate has to bear."""

    ip: str
    port: int
    host: str


class Addresses:
    """Keeps what the endpoints' names stand for; looks them up on a thread, never on yours."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = tuple(endpoints)
        self._lock = threading.Lock()
        self._known: dict[Endpoint, tuple[Address, ...]] = {}
        self._looking: threading.Thread | None = None
        self._next_look = 0.0
        self._outage = Outage("the lookup of etcd's names")
        for endpoint in endpoints:
            if endpoint.literal is not None:
                self._known[endpoint] = (Address(endpoint.host, endpoint.port, endpoint.host),)
        self._named = tuple(endpoint for endpoint in endpoints if endpoint.literal is None)

    def known(self) -> tuple[Address, ...]:
        """All addresses known by now, in the order of the endpoints; none twice."""
        with self._lock:
            found = [a for endpoint in self._endpoints for a in self._known.get(endpoint, ())]
        return tuple(dict.fromkeys(found))

    def look(self, wait_seconds: float = 0.0) -> None:
        """Look the names up anew, and wait at most so long for it; nothing to do without names."""
        if not self._named:
            return
        with self._lock:
            running = self._looking is not None and self._looking.is_alive()
            if not running and time.monotonic() >= self._next_look:
                self._next_look = time.monotonic() + _LEAST_INTERVAL
                self._looking = threading.Thread(target=self._look, name="etcd-names", daemon=True)
                self._looking.start()
            looking = self._looking
        if looking is not None and wait_seconds > 0:
            looking.join(wait_seconds)

    def _look(self) -> None:
        """The lookup's thread. A name that cannot be found now keeps what it stood for."""
        failed: OSError | None = None
        for endpoint in self._named:
            try:
                found = _resolve(endpoint)
            except OSError as error:
                failed = error
                continue
            with self._lock:
                self._known[endpoint] = found
        if failed is None:
            self._outage.mended()
        else:
            self._outage.broke(failed, _LEAST_INTERVAL)


def _resolve(endpoint: Endpoint) -> tuple[Address, ...]:
    """All addresses of a name, each once; OSError when there are none."""
    answers = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    ips = dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in answers)
    return tuple(Address(ip, endpoint.port, endpoint.host) for ip in ips)


@dataclass(frozen=True, slots=True)
class Target:
    """What one channel connects to: gRPC's name of some addresses, and whom it expects there."""

    name: str
    authority: str


def targets(addresses: Sequence[Address], secure: bool) -> list[Target]:
    """The targets to be tried in turn.

    A plain one holds all addresses, each time with another one first. With TLS a channel expects
    one name at all its addresses, so that each name has a target of its own.
    """
    if secure:
        hosts = dict.fromkeys(address.host for address in addresses)
        return [_target([a for a in addresses if a.host == host]) for host in hosts]
    return [_target([*addresses[n:], *addresses[:n]]) for n in range(len(addresses))]


def _target(addresses: Sequence[Address]) -> Target:
    """One target; gRPC takes one kind of address, so that IPv4 beside IPv6 is written as IPv6."""
    parsed = [(ipaddress.ip_address(address.ip), address.port) for address in addresses]
    host = addresses[0].host
    authority = f"[{host}]" if ":" in host else host
    if all(ip.version == 4 for ip, _ in parsed):
        return Target("ipv4:" + ",".join(f"{ip}:{port}" for ip, port in parsed), authority)
    mapped = (f"[{ip if ip.version == 6 else f'::ffff:{ip}'}]:{port}" for ip, port in parsed)
    return Target("ipv6:" + ",".join(mapped), authority)
