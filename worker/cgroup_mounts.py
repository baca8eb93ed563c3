"""Where cgroup v2 is mounted, and in which of its directories a process lives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """A mount of cgroup v2: where it is, and which cgroup is at its top."""

    point: Path
    root: PurePosixPath


def mounts(mountinfo: str) -> Iterator[Mount]:
    """The mounts of cgroup v2 that a /proc/PID/mountinfo tells of.

    It is the only one of a unified host; a hybrid host has it beside those of version 1.
    """
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if after.split(" ")[0] == "cgroup2" and len(fields) > 4:
            yield Mount(Path(unescaped(fields[4])), PurePosixPath(unescaped(fields[3])))


def own_path(cgroup: str) -> PurePosixPath | None:
    """The cgroup of version 2 that a /proc/PID/cgroup tells of; None when it tells of none."""
    for line in cgroup.splitlines():
        if line.startswith("0::/"):
            return PurePosixPath(line.removeprefix("0::"))
    return None


def directory_of(mount: Mount, path: PurePosixPath) -> Path | None:
    """The directory of a cgroup in a mount; None when the mount does not show it."""
    if ".." in path.parts or not path.is_relative_to(mount.root):
        return None
    return mount.point / path.relative_to(mount.root)


def unescaped(field: str) -> str:
    """A path of a mountinfo as it is: what would end a field stands there in octal."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), field)
