"""The tree of a run: all processes that it started, wherever they went, and their end."""

from __future__ import annotations

from typing import Protocol

from worker.cgroup_run import Usage

DEATH_SECONDS = 2.0
"""How long what was sent KILL may take to die."""


class Tree(Protocol):
    """Belongs to the thread of the run. Its leader is the command, the root of all.

    The leader is not reaped before `close`; until then nothing else can have its number. All raise
    OSError where no descriptor is to be had for a look; signals have then reached its group.
    """

    def signal(self, *numbers: int) -> bool:
        """Send these signals to all of it, or False where we may not."""

    def left(self) -> list[int]:
        """The pids of those that live, apart from the leader."""

    def is_unclear(self) -> bool:
        """Whether something was left meanwhile of which nobody can say whose it is; after `left`,
        and before `close`.
        """

    def end(self) -> bool:
        """Send KILL to all that live and see them gone; False if some do not die."""

    def usage(self) -> Usage:
        """What all of it used until now, as far as that is known; before `close`."""

    def out_of_memory(self) -> bool:
        """Whether one of it was killed for lack of memory; before `close`."""

    def close(self, left: bool) -> None:
        """The leader is reaped; `left` says that others are to go on."""
