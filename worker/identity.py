"""As whom a run is carried out: what its job asks for, and what this worker allows."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

from common.errors import FleetcronError
from common.job import Job
from worker.accounts import Account, account, group_id, own_account
from worker.executor_config import ExecutorConfig
from worker.helper.program import helper, setpriv
from worker.helper.settings import Settings

log = logging.getLogger(__name__)

ROOT = 0
NOBODY = "nobody"


class CouldNotStart(FleetcronError):
    """A run cannot be started as its job says; the text is why."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The user of a run, and what has to be switched for it; nothing where it is the worker's."""

    account: Account
    gid: int
    groups: tuple[int, ...] | None = None
    switched: bool = False

    def settings(self) -> Settings:
        """The helper's part in it."""
        if not self.switched:
            return Settings()
        return Settings(groups=self.groups, gid=self.gid, uid=self.account.uid)


def identify(job: Job, config: ExecutorConfig) -> Identity:
    """The identity of the job's runs on this worker; CouldNotStart where it may not have it."""
    user, own = _user(job.user or default_user(config)), own_account()
    if own.uid != ROOT:
        return _unswitched(user, own, job)
    if job.user and not _is_allowed(user, config):
        raise CouldNotStart(
            f"user {user.name!r} is not allowed on this worker (default_user, allowed_users)"
        )
    gid = _group(user, job.group) if job.group else user.gid
    groups = user.groups
    if job.groups is not None:
        groups = tuple(sorted({_group(user, name) for name in job.groups}))
    if user.uid == own.uid and not job.group and job.groups is None:
        return Identity(own, own.gid)
    if -1 in (user.uid, gid):
        # To the kernel that is: stay who you are.
        raise CouldNotStart(f"user {user.name!r}: nobody can be user or group 4294967295")
    return Identity(user, gid, groups, switched=True)


def default_user(config: ExecutorConfig) -> str:
    """Who runs the jobs that name nobody: what is configured, else the worker, but never root."""
    own = own_account()
    return config.default_user or (NOBODY if own.uid == ROOT else own.name)


def announce(config: ExecutorConfig) -> None:
    """Log, once at start, what of the worker's user and installation may surprise."""
    own = own_account()
    if own.uid == ROOT and not config.default_user:
        log.warning(
            "this worker is root: jobs that name no user run as %s; default_user, or"
            " --default-user of fleetcron standalone, names another",
            NOBODY,
        )
    if own.uid != ROOT and config.default_user not in ("", own.name):
        log.warning(
            "default_user is %s, but this worker is not root and runs jobs only as its own user"
            " %s: those that name no user cannot start", config.default_user, own.name,
        )  # fmt: skip
    if own.uid == ROOT:
        _say_unknown(config)
    if helper() is None:
        instead = "setpriv switches users" if setpriv() else "it cannot switch users either"
        log.warning(
            "this installation has no helper (no C compiler when it was installed): %s, and jobs"
            " with nice, ioClass, or limits cannot start",
            instead,
        )


def _say_unknown(config: ExecutorConfig) -> None:
    """Accounts may come later, as from a directory server: this is a remark and no error."""
    settings = {"default_user": (config.default_user,), "allowed_users": config.allowed_users}
    for setting, names in settings.items():
        if unknown := ", ".join(repr(name) for name in names if not _is_known(name)):
            log.warning("%s: not known to this host as yet: %s", setting, unknown)


def _is_known(name: str) -> bool:
    """Whether the host has the user or @group; "*" and "" are nobody in particular."""
    if name in ("", "*"):
        return True
    try:
        group_id(name[1:]) if name.startswith("@") else account(name)
    except (KeyError, ValueError):
        return False
    return True


def _user(name: str) -> Account:
    try:
        return account(name)
    except (KeyError, ValueError) as error:
        raise CouldNotStart(_unknown("user", name)) from error


def _is_allowed(user: Account, config: ExecutorConfig) -> bool:
    if user.name == default_user(config) or user.name in config.allowed_users:
        return True
    if user.uid == ROOT:
        return False
    return "*" in config.allowed_users or any(
        _is_member(user, entry[1:]) for entry in config.allowed_users if entry.startswith("@")
    )


def _is_member(user: Account, group: str) -> bool:
    try:
        return group_id(group) in user.groups
    except (KeyError, ValueError):
        return False


def _group(user: Account, name: str) -> int:
    """The number of a group that the user belongs to; root may have any."""
    try:
        gid = group_id(name)
    except (KeyError, ValueError) as error:
        raise CouldNotStart(_unknown("group", name)) from error
    if gid not in user.groups and user.uid != ROOT:
        raise CouldNotStart(f"user {user.name!r} does not belong to group {name!r}")
    return gid


def _unknown(kind: str, name: str) -> str:
    """A sentence; of a number it may be thought that it is understood as one."""
    by_name = ": it is looked for by name, and never by number" if name.isdecimal() else ""
    return f"{kind} {name!r} is not known to this host{by_name}"


def _unswitched(user: Account, own: Account, job: Job) -> Identity:
    """The worker's own identity, which is all that one that is not root can give."""
    if user.uid != own.uid:
        raise CouldNotStart(
            f"a worker that is not root runs jobs only as its own user {own.name!r},"
            f" not as {user.name!r}"
        )
    groups = None if job.groups is None else {_group(own, name) for name in job.groups}
    if (job.group and _group(own, job.group) != own.gid) or (
        groups is not None and groups | {own.gid} != set(own.groups)
    ):
        raise CouldNotStart("a worker that is not root runs jobs only with its own groups")
    return Identity(own, os.getgid())
