"""Who is behind a connection from this host: the user that owns the client's socket.

The kernel lists every socket in /proc/net/tcp and tcp6 (proc_net_tcp in the kernel's
documentation): addresses in hex, the state, the owner's uid, the inode. The client's entry has
its own address first and ours second.
"""

import logging
import os
import socket
import struct
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from master.request import Address

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
ESTABLISHED = b"01"

_CHUNK = 1 << 16
_UID, _INODE = 7, 9
_TRIES = 2

log = logging.getLogger(__name__)


def plain_address(raw: tuple[object, ...]) -> Address:
    """Reduce what a socket says (scope, flow, IPv4 mapped into IPv6) to (address, port)."""
    host, port = str(raw[0]).partition("%")[0], raw[1]
    address = ip_address(host)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address), int(str(port))


def is_local(peer: Address, here: Address) -> bool:
    """Tell whether a client sits on this host: on loopback, or at the very address it asked."""
    return ip_address(peer[0]).is_loopback or peer[0] == here[0]


def socket_uid(peer: Address, here: Address, tables: Sequence[str] = TABLES) -> int | None:
    """Find the uid that owns the open client socket `peer` → `here`; None if there is none.

    Only an established socket with an inode counts: one that its owner has closed is listed with
    uid 0. A table that cannot be read counts as empty, so that nobody is let in by it.
    """
    # The table is not read at one instant: an entry can slip past a reader while others come and
    # go, so "not there" is asked twice.
    for _ in range(_TRIES):
        for table, needle in zip(tables, _needles(peer, here), strict=True):
            uid = None if needle is None else _scan(table, needle)
            if uid is not None:
                return uid
    return None


def _needles(peer: Address, here: Address) -> tuple[bytes | None, bytes | None]:
    """Spell the entry's beginning for each table; an IPv4 client may hold an IPv6 socket."""
    ours, theirs = ip_address(here[0]), ip_address(peer[0])
    ports = peer[1], here[1]
    if isinstance(theirs, IPv4Address) and isinstance(ours, IPv4Address):
        mapped = [IPv6Address(b"\0" * 10 + b"\xff\xff" + each.packed) for each in (theirs, ours)]
        return _needle((theirs, ours), ports), _needle((mapped[0], mapped[1]), ports)
    return None, _needle((theirs, ours), ports)


def _needle(
    addresses: tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address], ports: tuple[int, int]
) -> bytes:
    ends = [f"{_hex(a)}:{port:04X}" for a, port in zip(addresses, ports, strict=True)]
    return b" %s %s %s " % (ends[0].encode(), ends[1].encode(), ESTABLISHED)


def _hex(address: IPv4Address | IPv6Address) -> str:
    """Write an address as the kernel does: words of four bytes in the machine's own order."""
    words = struct.unpack(f"={len(address.packed) // 4}I", address.packed)
    return "".join(f"{word:08X}" for word in words)


def _scan(table: str, needle: bytes) -> int | None:
    """Read a table as far as needed; give the uid of the entry, None if it is not in there."""
    try:
        handle = os.open(table, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        if not (isinstance(error, FileNotFoundError) and table.endswith("6") and not _has_ipv6()):
            log.warning("%s cannot be read (%s): nobody is let in by it", table, error)
        return None
    try:
        return _scan_open(handle, needle)
    finally:
        os.close(handle)


def _scan_open(handle: int, needle: bytes) -> int | None:
    rest = b""
    while chunk := os.read(handle, _CHUNK):
        whole, _, rest = (rest + chunk).rpartition(b"\n")
        found = whole.find(needle)
        if found >= 0:
            return _owner(whole[whole.rfind(b"\n", 0, found) + 1 :].partition(b"\n")[0])
    return None


def _owner(line: bytes) -> int | None:
    """Read the uid of an entry, None if its socket is no longer held by anybody."""
    fields = line.split()
    return int(fields[_UID]) if int(fields[_INODE]) else None


def _has_ipv6() -> bool:
    return socket.has_ipv6 and os.path.exists("/proc/sys/net/ipv6")
