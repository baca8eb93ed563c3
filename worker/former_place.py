"""Where an executor of a former life is, or was and left how runs ended."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from worker.cgroups import sweep
from worker.ends_left import ends_left
from worker.ends_thin import thin_left
from worker.ends_told import EndsTold
from worker.executor_adopted import AdoptedLink
from worker.executor_link import News
from worker.executor_loss import forget_executor
from worker.executor_process import ExecutorError, OtherVersion
from worker.executor_socket import is_locked, lock_path
from worker.hello import Hello
from worker.set_aside import set_aside
from worker.spooled import Range

log = logging.getLogger(__name__)

CONNECT_SECONDS = 2.0
OUTPUT_SECONDS = 7 * 86400.0


class FormerPlace:
    """One executor of a former life: it lives and is spoken with, or has left its ends.

    It `is_open` until one of the two is so; `is_mute` where it never will be spoken with.
    """

    def __init__(self, home: Path, number: int, output_seconds: float = OUTPUT_SECONDS) -> None:
        """`output_seconds` is how long long outputs are kept of what it has left."""
        self.home = home
        self.number = number
        self._output_seconds = output_seconds
        self._unsafe: set[str] = set()
        self._said = ""
        self._unreadable = ""
        self._left: list[EndsTold] = []
        self.is_open = True
        self.is_mute = False

    def __str__(self) -> str:
        return f"executor {self.number} of {self.home.name}"

    @property
    def is_held(self) -> bool:
        """Whether the executor lives."""
        return is_locked(lock_path(self.home, self.number))

    def adopt(self, tell: Callable[[News], None]) -> tuple[AdoptedLink, Hello] | None:
        """Connect to the executor if it lives; None where it does not, or cannot be spoken with."""
        if not self.is_held:
            return None
        link = AdoptedLink(self.number, self.home, 0, tell)
        try:
            hello = link.adopt(CONNECT_SECONDS)
        except ExecutorError as error:
            if str(error) != self._said:
                log.warning("%s; it is left alone until it ends", error)
            self._said = str(error)
            self.is_mute = isinstance(error, OtherVersion)
            return None
        self.is_open = False
        return link, hello

    def ends(self) -> list[EndsTold]:
        """What it left if it is gone, ends that nobody needs any more perhaps among it.

        What cannot be read is set aside once the rest is recorded; of what was left long ago
        outputs are let go. So no home stays for ever.
        """
        if self.is_held:
            return []
        self.is_open = False
        sweep(self.home, self.number)
        thin_left(self.home, self.number, self._output_seconds)
        left, self._unreadable = ends_left(self.home, self.number)
        self._unsafe = {over.run_id for ends in left for over in ends.over}
        if not self._unsafe:
            self._forget()
        home = self.home.name
        self._left = [EndsTold.of(home, self.number, ends, again=True) for ends in left]
        return self._left

    def safe(self, run_ids: tuple[str, ...]) -> None:
        """These ends are recorded: what it left goes once all of them are."""
        if self._unsafe:
            self._unsafe.difference_update(run_ids)
            if not self._unsafe:
                self._forget()

    def unreadable(self, range_: Range) -> None:
        """Of what lies there no records can be made: it is set aside once all is recorded."""
        if self.lying_in(range_):
            self._unreadable = self._unreadable or "some of them give no records"

    def lying_in(self, range_: Range) -> tuple[str, ...]:
        """The runs whose ends lie there, if it is gone; from any thread."""
        return tuple(
            over.run_id
            for ends in self._left
            for over in ends.over
            if replace(range_, begin=0, end=0) == replace(ends.range, begin=0, end=0)
            and range_.begin <= over.offset < range_.end
        )

    def _forget(self) -> None:
        """All is recorded: remove what it left, or have it where no life looks again."""
        try:
            if self._unreadable:
                set_aside(self.home, self.number, self._unreadable)
            forget_executor(self.home, self.number)
        except OSError as error:
            log.warning("%s cannot be removed: %s", self, error)
