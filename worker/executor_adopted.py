"""The main process's end of an executor of a former life, with what that has still."""

from __future__ import annotations

from worker.executor_line import connect_line
from worker.executor_link import ExecutorLink
from worker.hello import Hello


class AdoptedLink(ExecutorLink):
    """A link that is never started: it takes no orders, and sees what is there to its end.

    For every run in the Hello `tell` hears as for an order; of ends it is said that they may have
    been told before.
    """

    _adopted = True

    def adopt(self, timeout: float) -> Hello:
        """Connect to the executor of a former life that has this number in the directory.

        What it has, which it will tell from `follow` on. ExecutorError when nobody is there, or it
        speaks another version.
        """
        line = connect_line(self.number, self._directory, timeout)
        self._retired = True
        self._table.adopt(line.hello)
        self._line = line
        return line.hello

    def follow(self) -> None:
        """Begin to tell what it says: first the ends that it tells again.

        ExecutorError where the system has no thread left for that.
        """
        assert self._line is not None
        self._line.follow(self._hear, self._bury)
