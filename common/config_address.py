"""Addresses as they stand in a configuration: `host:port`, and which of them are loopback."""

from __future__ import annotations

import ipaddress

from common.errors import InvalidField


def parse_address(name: str, value: str) -> tuple[str, int]:
    """Host and port of `host:port`, `[::1]:port` or `:port` (host ""); InvalidField otherwise.

    The host is an address or a name; port 0 means any that is free.
    """
    host, colon, port = value.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise InvalidField(name, f"expected host:port, got {value!r}")
    if bracketed != (":" in host) or not _is_host(host):
        raise InvalidField(name, f"{host!r} is not a host; an IPv6 address stands in brackets")
    return host, int(port)


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return True
    return all(c.isascii() and (c.isalnum() or c in ".-_") for c in host)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine to itself: 127.0.0.0/8, ::1 or `localhost`."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
