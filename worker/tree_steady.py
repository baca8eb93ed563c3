"""A tree that answers also where there is no descriptor for a look at it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from worker.cgroup_run import UNKNOWN, Usage
from worker.tree import Tree

log = logging.getLogger(__name__)

Found = TypeVar("Found")


class SteadyTree:
    """A run's tree, as its thread asks it: what cannot be seen or done is said once, and the run
    ends all the same. Signals reach the command's own group in any case.
    """

    def __init__(self, tree: Tree, job: str, run_id: str) -> None:
        self._tree = tree
        self._run = (job, run_id)
        self._said = False

    def signal(self, *numbers: int) -> bool:
        """As of a `Tree`; True also where only its group could be reached."""
        return self._asked(partial(self._tree.signal, *numbers), True)

    def left(self) -> list[int] | None:
        """The pids of those that live, apart from the leader; None where they cannot be seen."""
        return self._asked(self._tree.left, None)

    def is_unclear(self) -> bool:
        """As of a `Tree`."""
        return self._asked(self._tree.is_unclear, False)

    def end(self) -> bool:
        """As of a `Tree`; False, too, where nobody can see whether they are gone."""
        return self._asked(self._tree.end, False)

    def usage(self) -> Usage:
        """As of a `Tree`."""
        return self._asked(self._tree.usage, UNKNOWN)

    def out_of_memory(self) -> bool:
        """Whether one of it is known to have been killed for lack of memory."""
        return self._asked(self._tree.out_of_memory, False)

    def close(self, left: bool) -> None:
        """As of a `Tree`."""
        self._asked(partial(self._tree.close, left), None)

    def _asked(self, look: Callable[[], Found], otherwise: Found) -> Found:
        try:
            return look()
        except OSError as error:
            if not self._said:
                log.error("job=%s run=%s: its processes cannot be seen: %s", *self._run, error)
            self._said = True
            return otherwise
