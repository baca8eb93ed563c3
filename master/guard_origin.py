"""What a browser says of where a request comes from: Host, Origin and Sec-Fetch-Site.

A page open in somebody's browser can make that browser send requests here, with that user's
socket. It cannot forge these three headers.
"""

import re
from collections.abc import Collection, Mapping
from ipaddress import ip_address

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?")
_HTTP_PORT = 80


def host_problem(host: str, port: int, names: Collection[str]) -> str | None:
    """Say what is wrong with a Host header, None if it names this server at `port`.

    Good are an address, `localhost`, or one of `names`, each with our port. For proxies and
    tunnels a Host that stands in `names` as it is passes too: "cron.example" without a port, or
    "localhost:9000". Anything else may be a stranger's name that was pointed at us.
    """
    host = host.lower()
    match = _HOST.fullmatch(host)
    if match is None:
        return "the header Host is not a name or an address with a port"
    if host in names:
        return None
    name = match[1].rstrip(".")
    if not (name == "localhost" or name in names or _is_address(name)):
        return f"{name} is not a name of this server: add it to allowed_hosts"
    if int(match[2] or _HTTP_PORT) != port:
        return f"{host} has another port than {port}, this server's: add {host!r} to allowed_hosts"
    return None


def origin_problem(method: str, headers: Mapping[str, str]) -> str | None:
    """Say why a write may come from another site's page, None if it cannot.

    Browsers send Sec-Fetch-Site or at least Origin with every write; a request with neither is
    not a page's.
    """
    if method in SAFE_METHODS:
        return None
    site = headers.get("sec-fetch-site")
    if site is not None:
        same = site in ("same-origin", "none")
    elif "origin" in headers:
        same = headers["origin"].lower().partition("://")[2] == headers["host"].lower()
    else:
        same = True
    return None if same else "writes are taken from this server's own page only, not from another's"


def _is_address(name: str) -> bool:
    """Tell whether a name in a Host header is an IPv4 address or an IPv6 one in brackets."""
    bracketed = name.startswith("[")
    try:
        return (ip_address(name.strip("[]")).version == 6) == bracketed
    except ValueError:
        return False
