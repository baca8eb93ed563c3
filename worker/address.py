"""The address under which this host is known."""

from __future__ import annotations

import ipaddress
import socket

import psutil

from common.errors import NoLocalIPFound


def local_ip() -> str:
    """The first IPv4 address that is not loopback; NoLocalIPFound when there is none."""
    for interface in sorted(psutil.net_if_addrs().items()):
        for address in interface[1]:
            if address.family != socket.AF_INET:
                continue
            if not ipaddress.ip_address(address.address).is_loopback:
                return str(address.address)
    raise NoLocalIPFound(
        "no IPv4 address that is not loopback was found; set advertise_ip in the worker's config"
    )
