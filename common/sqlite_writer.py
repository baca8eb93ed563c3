"""The thread that changes the embedded store: calls that wait together share one write to disk."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from common.errors import StoreClosed, StoreError, StoreFull, StoreLost
from common.sqlite_state import SqliteState
from common.store import Change

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 100


class _Call:
    """Something to be done within the next commit, and whom to tell once that is on disk."""

    def __init__(self, do: Callable[[], Any]) -> None:
        self.do = do
        self.future: Future[Any] = Future()
        self.answer: Any = None
        self.error: StoreError | None = None

    def run(self) -> None:
        """Do it; a refusal is the call's own and leaves the others be."""
        try:
            self.answer = self.do()
        except StoreError as error:
            self.error = error

    def tell(self, failed: StoreError | None = None) -> None:
        """Answer the caller: with the error of the commit, its own, or what it asked for."""
        error = failed or self.error
        if error:
            self.future.set_exception(type(error)(*error.args))
        else:
            self.future.set_result(self.answer)


class SqliteWriter:
    """The thread's body: gathers calls, commits them together, publishes, then answers."""

    name = "store-writer"

    def __init__(
        self,
        state: SqliteState,
        translated: Callable[[], AbstractContextManager[None]],
        publish: Callable[[Sequence[Change]], None],
    ) -> None:
        """`publish` is told of what was committed on this thread, in order, before the callers."""
        self._state = state
        self._translated = translated
        self._publish = publish
        self._inbox: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._shut: StoreError | None = None
        self._serving: list[_Call] = []
        self._full = False
        self.problem = ""
        """Why the last change was not committed; "" where it was."""

    def ask(self, do: Callable[[], Answer], timeout: float) -> Answer:
        """Have it done by the writer's thread and wait until it is on disk.

        StoreLost after `timeout` seconds; what was not begun by then is not done any more.
        """
        call = _Call(do)
        with self._gate:
            if self._shut:
                raise type(self._shut)(*self._shut.args)
            self._inbox.put(call)
        try:
            answer: Answer = call.future.result(timeout)
        except TimeoutError:
            call.future.cancel()
            raise StoreLost(f"the store did not answer within {timeout:g} s") from None
        return answer

    def step(self) -> None:
        """Wait for calls or for the end of a lease, and commit them."""
        self._serving = self._gather(self._state.until_next_end())
        self._commit(self._serving)
        self._serving = []

    def wake(self) -> None:
        """End the wait of a step."""
        self._inbox.put(None)

    def close(self) -> None:
        """Do what was asked before, refuse what comes after."""
        self.shut(StoreClosed("the store is closed"))
        while not self._inbox.empty():
            self.step()
        self._state.close()

    def shut(self, reason: StoreError) -> None:
        """Answer every call from now on with `reason`."""
        with self._gate:
            self._shut = self._shut or reason

    def give_up(self, reason: StoreError) -> None:
        """Answer `reason` to all who wait, when the thread has ended before its time."""
        self.shut(reason)
        waiting = [call for call in self._serving if not call.future.done()]
        while not self._inbox.empty():
            waiting += self._gather(0)
        for call in waiting:
            call.tell(reason)

    def _gather(self, timeout: float | None) -> list[_Call]:
        """The calls that wait, whose callers still do, after waiting for the first of them."""
        found: list[_Call | None] = []
        try:
            found.append(self._inbox.get(timeout=timeout))
            while len(found) < _MOST_AT_ONCE:
                found.append(self._inbox.get_nowait())
        except queue.Empty:
            pass
        return [call for call in found if call and call.future.set_running_or_notify_cancel()]

    def _commit(self, calls: Sequence[_Call]) -> None:
        try:
            with self._translated():
                self._state.begin()
                for call in calls:
                    call.run()
                changes = self._state.commit()
        except StoreError as error:
            self._state.roll_back()
            self.problem = str(error)
            self._look_for_room(error)
            for call in calls:
                call.tell(error)
            return
        if changes:
            self.problem = ""
            self._look_for_room(None)
        self._publish(changes)
        for call in calls:
            call.tell()

    def _look_for_room(self, error: StoreError | None) -> None:
        """Say once that there is no room: of each call that is refused for it nobody says it."""
        full = isinstance(error, StoreFull)
        if full and not self._full:
            log.error("%s; nothing is started or saved until there is room", error)
        elif self._full and error is None:
            log.info("there is room in the store again")
        self._full = full or (self._full and error is not None)
