"""An executor's end of the line to the main process that gives it orders."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

from common.pausing import pause
from worker.executor_channel import FEW, RECEIVE_BYTES, Frames, Sender, frame
from worker.executor_socket import NoDescriptors, accept
from worker.live_orders import Printed
from worker.orders import Message, Started

log = logging.getLogger(__name__)

AGAIN_SECONDS = 0.2
"""So soon a connection is taken again for which there was no descriptor."""


class Caller:
    """The main process that is connected, one at a time; another one waits until that one is gone.

    Belongs to the executor's main thread, but for `tell` and `show`, which any thread may call.
    """

    def __init__(self, number: int) -> None:
        """`number` is the executor's, for the log."""
        self.connection: socket.socket | None = None
        self._number = number
        self._frames = Frames()
        self._sender: Sender | None = None

    @property
    def was_there(self) -> bool:
        """Whether anybody ever connected."""
        return self._sender is not None

    def meet(self, listener: socket.socket) -> Sender | None:
        """Take the connection that waits, if it is of our user: what sends to it, once started."""
        try:
            connection = accept(listener)
        except NoDescriptors as error:
            log.warning("executor %d: who connects has to wait: %s", self._number, error)
            pause(AGAIN_SECONDS)
            return None
        if connection is None:
            return None
        self.connection, self._frames = connection, Frames()
        self._sender = Sender(connection, "sender", closes=True)
        return self._sender

    def hear(self, handle: Callable[[Message], None]) -> bool:
        """Have what it sent handled; False when that was the last.

        So also when `handle` finds it to be nonsense (ValueError).
        """
        assert self.connection is not None
        try:
            data = self.connection.recv(RECEIVE_BYTES)
            for message in self._frames.feed(data):
                handle(message)
        except (ConnectionError, ValueError) as error:
            log.error("executor %d: %s", self._number, error)
            return False
        return bool(data)

    def part(self) -> None:
        """It is gone, and hears nothing more: another may connect."""
        assert self._sender is not None
        self.connection = None
        self._sender.finish()

    def tell(self, started: Started) -> None:
        """Tell whoever is there that a run has started."""
        if (sender := self._sender) is not None:
            sender.put(frame(started))

    def show(self, printed: Printed) -> None:
        """Offer it what a run prints: it may miss some of that."""
        if (sender := self._sender) is not None:
            sender.offer(frame(printed), FEW)

    def finish(self, timeout: float) -> None:
        """Send what is still to be sent, in so many seconds, and nothing more."""
        if self._sender is not None:
            self._sender.finish()
            self._sender.join(timeout)
