"""What there is no more of on a host, by the error that says so."""

from __future__ import annotations

import errno

_SAID = {
    errno.EAGAIN: "no further process may be made: its user, a cgroup or the host has all that it"
    " may have",
    errno.EMFILE: "its executor has all the files open that it may have",
    errno.ENFILE: "the host has all the files open that it may have",
    errno.ENOMEM: "the host has no memory for a further process",
}


def exhausted(number: int) -> str:
    """A sentence for an error number; "" where that means nothing of the kind."""
    said = _SAID.get(number)
    return f"{said} ({errno.errorcode[number]})" if said else ""
