"""What the helper does to a process before that becomes the run, and the words that tell it so."""

from __future__ import annotations

from dataclasses import dataclass

_CLASS_SHIFT = 13
"""Where ioprio_set(2) has the class, above the priority."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Each is left as the executor has it where it is None or empty.

    The helper takes them in this order, so that what needs root comes before the switch of user,
    and what the user may not have or enter by itself (a greater priority, a directory) is refused
    to the run as well.
    """

    cgroup: str | int | None = None
    """The path of a cgroup's `cgroup.procs`, or a descriptor of it that is open for writing."""
    oom_score_adj: int | None = None
    limits: tuple[tuple[int, int, int], ...] = ()
    """Resource (`resource.RLIMIT_...`), soft and hard limit; -1 is none."""
    groups: tuple[int, ...] | None = None
    """All supplementary groups; () is none of them."""
    gid: int | None = None
    uid: int | None = None
    nice: int | None = None
    io: tuple[int, int] | None = None
    """I/O class (1 realtime, 2 best-effort, 3 idle) and priority (0 to 7)."""
    directory: str | None = None
    home: str | None = None
    """Where it starts if it may enter it, else in /; not with `directory`."""

    def words(self) -> list[str]:
        """The helper's arguments that say so; none at all where nothing is to be changed."""
        io = None if self.io is None else (self.io[0] << _CLASS_SHIFT) | self.io[1]
        groups = None if self.groups is None else ",".join(map(str, self.groups))
        limits = (("l", ":".join(map(str, limit))) for limit in self.limits)
        said = (
            ("C" if isinstance(self.cgroup, int) else "c", self.cgroup),
            ("o", self.oom_score_adj),
            *limits,
            ("G", groups),
            ("g", self.gid),
            ("u", self.uid),
            ("n", self.nice),
            ("i", io),
            ("d", self.directory),
            ("h", self.home),
        )
        return [f"{letter}{value}" for letter, value in said if value is not None]

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the helper must inherit for this; it closes them before the run begins."""
        return (self.cgroup,) if isinstance(self.cgroup, int) else ()
