"""The users of this host: who they are, to which groups they belong, and how long we believe it."""

from __future__ import annotations

import ctypes
import grp
import os
import pwd
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

BELIEVED_SECONDS = 10.0
"""A lookup may go to a directory server; a change there is noticed after so long."""
FIRST_GUESS = 64

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Account:
    """A user: `groups` are all that it belongs to, its primary one `gid` among them."""

    name: str
    uid: int
    gid: int
    home: str
    groups: tuple[int, ...]


class Lookups(Generic[Found]):
    """Answers by name, each kept for a while; threads that ask at once may ask twice."""

    def __init__(self, look: Callable[[str], Found]) -> None:
        self._look = look
        self._known: dict[str, tuple[float, Found]] = {}

    def get(self, name: str) -> Found:
        """The answer for this name; KeyError when the host knows none."""
        now = time.monotonic()
        until, found = self._known.get(name, (0.0, None))
        if found is None or until < now:
            found = self._look(name)
            self._known[name] = now + BELIEVED_SECONDS, found
        return found


@cache
def own_account() -> Account:
    """The account of this process; a user unknown to the host is named by its number."""
    uid = os.getuid()
    groups = tuple(sorted({os.getgid(), *os.getgroups()}))
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(str(uid), uid, os.getgid(), "/", groups)
    return Account(entry.pw_name, uid, os.getgid(), entry.pw_dir, groups)


def account(name: str) -> Account:
    """The host's account of this name; KeyError when there is none."""
    own = own_account()
    return own if name == own.name else _accounts.get(name)


def group_id(name: str) -> int:
    """The number of the host's group of this name; KeyError when there is none."""
    return _groups.get(name)


def _look_up(name: str) -> Account:
    entry = pwd.getpwnam(name)
    groups = _groups_of(entry.pw_name, entry.pw_gid)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir, groups)


def _groups_of(name: str, gid: int) -> tuple[int, ...]:
    """As `os.getgrouplist`, which holds the interpreter's lock while a directory server answers."""
    count = ctypes.c_int(FIRST_GUESS)
    while True:
        size = count.value
        groups = (ctypes.c_uint32 * size)()
        if _libc().getgrouplist(name.encode(), gid, groups, ctypes.byref(count)) >= 0:
            return tuple(sorted(set(groups[: count.value])))
        count.value = max(count.value, 2 * size)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


_accounts = Lookups(_look_up)
_groups = Lookups(lambda name: grp.getgrnam(name).gr_gid)
