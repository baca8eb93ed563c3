"""Who gets in: the user behind a local socket, and only from where a page may ask."""

import logging
import pwd
from collections.abc import Callable, Collection
from ipaddress import ip_address

from common.errors import ConfigError
from master.guard_origin import host_problem, origin_problem
from master.peer import is_local, socket_uid
from master.request import Address, Refused
from master.request_head import Head

FindUid = Callable[[Address, Address], int | None]

log = logging.getLogger(__name__)


class Guard:
    """Decides on every request, whoever else used the connection before.

    On loopback, root, the daemon's own user and `allow_users` get in. On another address (only
    with `insecure_listen`) a client elsewhere has no user that could be known and gets in; one on
    this host is still asked for its user, since a wider address is no reason to let in more users
    of this host. Everyone is asked for a Host that is ours, and writes for their origin.
    """

    def __init__(
        self,
        listen_host: str,
        allow_users: Collection[str],
        allowed_hosts: Collection[str],
        insecure_listen: bool,
        own_uid: int,
        find_uid: FindUid = socket_uid,
    ) -> None:
        """Raises ConfigError on an address that is not loopback, or a user that is not known."""
        self._remote = not is_loopback(listen_host)
        if self._remote and not insecure_listen:
            raise ConfigError(
                f"listen: {listen_host} is not a loopback address, and whoever reaches it could "
                "run commands on every worker: say insecure_listen = true if that is meant"
            )
        if self._remote:
            log.warning(
                "listening on %s: whoever reaches this address can save jobs and so run commands "
                "on every worker",
                listen_host,
            )
        self._names = frozenset(name.lower().rstrip(".") for name in allowed_hosts)
        self._users = {uid: _name_of(uid) for uid in {0, own_uid}}
        self._users.update((_uid_of(user), user) for user in allow_users)
        self._find_uid = find_uid

    def check(self, head: Head, here: Address) -> None:
        """Raise Refused (403) on a head that names another server, or another page's write."""
        problem = host_problem(head.headers["host"], here[1], self._names)
        problem = problem or origin_problem(head.method, head.headers)
        if problem is not None:
            raise Refused(403, problem)

    def visitor(self, peer: Address, here: Address) -> str | None:
        """Name the local user behind a connection as of now; None for a client elsewhere.

        Raises Refused (403) for a user who is not let in, or whom the kernel does not name.
        """
        if self._remote and not is_local(peer, here):
            return None
        uid = self._find_uid(peer, here)
        if uid is None:
            raise Refused(403, "the user behind this connection cannot be told: it is closing")
        if uid not in self._users:
            raise Refused(403, f"the user with uid {uid} is not let in: see allow_users")
        return self._users[uid]


def is_loopback(host: str) -> bool:
    """Tell whether only this host can reach a listen address (a name but localhost: no)."""
    try:
        return host.lower() == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _uid_of(user: str) -> int:
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        raise ConfigError(f"allow_users: there is no user {user!r} on this host") from None


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
