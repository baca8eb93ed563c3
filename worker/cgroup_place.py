"""The cgroup below which this host lets us make others: found at start, or the reason why not."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common.errors import FleetcronError
from worker.cgroup_mounts import directory_of, mounts, own_path

log = logging.getLogger(__name__)

AUTO, OFF = "auto", "off"
CGROUP, RLIMIT = "cgroup", "rlimit"
NEEDED = frozenset({"cpu", "memory", "pids"})
"""The controllers without which not all limits hold."""
WANTED = ("cpu", "memory", "pids", "io")

ATTEMPTS = 5
_UNITS = (".service", ".scope", ".slice", ".mount", ".socket")
_MARKS = ("user.delegate", "trusted.delegate")


class CgroupRefused(FleetcronError):
    """The directory that the setting `cgroup` names cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """A directory of cgroup v2 that is ours to make cgroups in; None: there is none.

    `controllers` are those that our cgroups have, `why` says what is missing ("" for nothing).
    """

    directory: Path | None
    controllers: frozenset[str] = frozenset()
    why: str = ""

    @property
    def limits(self) -> str:
        """What a worker's label `limits` says: by what the limits of its runs are kept."""
        return CGROUP if self.directory and self.controllers >= NEEDED else RLIMIT


def find(setting: str = AUTO, pid: str = "self", proc: Path = Path("/proc")) -> Place:
    """Where the process `pid` may make cgroups, by the setting `cgroup`; nothing is changed.

    With `auto` that is the cgroup that was delegated to it, as systemd marks it for `Delegate=`:
    another one is not ours, even where we could write to it. CgroupRefused when a directory is
    named that is no cgroup of version 2 or is not to be written.
    """
    if setting == OFF:
        return Place(None, why="cgroups are turned off (setting cgroup)")
    if setting != AUTO:
        return _named(Path(setting))
    try:
        path = own_path((proc / pid / "cgroup").read_text())
        found = list(mounts((proc / pid / "mountinfo").read_text()))
    except OSError as error:
        return Place(None, why=f"its own cgroup cannot be read: {error.strerror}")
    if path is None or not found:
        return Place(None, why="this host has no cgroup v2")
    for mount in found:
        if own := directory_of(mount, path):
            return _delegated(own, mount.point)
    return Place(None, why=f"its cgroup {path} is not shown by any mount")


def settle(place: Place, name: str) -> Place:
    """Make the place fit for cgroups with limits; the place as it then is.

    A cgroup whose children have controllers must be empty itself: when we live in it, we move to a
    leaf of this name in it. Controllers that cannot be had are named in `why`.
    """
    base = place.directory
    if base is None:
        return place
    try:
        _leave(base, name)
        having = {each for each in WANTED if _enable(base, each)}
    except OSError as error:
        return Place(None, why=f"{base} cannot be used: {error.strerror}")
    lacking = sorted(NEEDED - having)
    why = f"{base} has no controller for {', '.join(lacking)}" if lacking else ""
    return Place(base, frozenset(having), why)


def _named(directory: Path) -> Place:
    """The directory of the setting, which is made where only itself is missing."""
    try:
        if directory.parent.joinpath("cgroup.procs").exists():
            directory.mkdir(exist_ok=True)
        if why := _unusable(directory):
            raise CgroupRefused(f"cgroup: {why}")
        return Place(directory, _controllers(directory))
    except OSError as error:
        raise CgroupRefused(f"cgroup: {directory}: {error.strerror}") from error


def _delegated(own: Path, top: Path) -> Place:
    """The nearest unit's cgroup, in which we may live in a leaf of our own."""
    for each in _upward(own, top):
        if any(_says_yes(each, mark) for mark in _MARKS):
            why = _unusable(each)
            return Place(None, why=why) if why else Place(each, _controllers(each))
    return Place(
        None,
        why=f"its cgroup {own} is not delegated to it (Delegate= of a systemd unit does that)",
    )


def _upward(own: Path, top: Path) -> Iterator[Path]:
    """The cgroup and those above it, up to that of a unit: beyond that all is another's."""
    for each in (own, *own.parents):
        yield each
        if each == top or each.name.endswith(_UNITS):
            return


def _says_yes(directory: Path, mark: str) -> bool:
    try:
        return os.getxattr(directory, mark) == b"1"
    except OSError:
        return False


def _unusable(directory: Path) -> str:
    """Why no cgroups can be made in it; "" when they can."""
    if not (directory / "cgroup.controllers").exists():
        return f"{directory} is no cgroup of version 2"
    needed = (directory, directory / "cgroup.procs", directory / "cgroup.subtree_control")
    refused = next((path for path in needed if not os.access(path, os.W_OK)), None)
    return f"{refused} cannot be written" if refused else ""


def _controllers(directory: Path) -> frozenset[str]:
    return frozenset((directory / "cgroup.controllers").read_text().split())


def _leave(base: Path, name: str) -> None:
    if str(os.getpid()) in (base / "cgroup.procs").read_text().split():
        _join(base / name)


def _join(leaf: Path, attempts: int = ATTEMPTS) -> None:
    """Make the leaf and move into it; another worker here may tidy it away before we are in it."""
    try:
        leaf.mkdir(exist_ok=True)
        (leaf / "cgroup.procs").write_text("0")
    except OSError as error:
        if attempts <= 1 or error.errno not in (errno.ENOENT, errno.ENODEV):
            raise
        _join(leaf, attempts - 1)


def _enable(base: Path, controller: str) -> bool:
    """Let the children have this controller; False where they cannot, which is logged."""
    if controller not in _controllers(base):
        return False
    try:
        (base / "cgroup.subtree_control").write_text(f"+{controller}")
    except OSError as error:
        log.warning("%s cannot give its children %s: %s", base, controller, error.strerror)
        return False
    return True
