"""The nursery: a small process that starts executors, so that they outlive their worker.

Run as `python -m worker.nursery DIRECTORY` by a service of its own. What it starts lives in that
service's cgroup, so that a restart of the worker's service leaves it alone. It takes requests of
its own user over a socket in DIRECTORY and reaps what it started. SIGTERM is passed on to all of
them, and the nursery ends after the last.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import subprocess
import sys
from pathlib import Path

from common import logs, systemd
from worker.cgroup_place import find, settle
from worker.executor_setup import stop_signals, tidy
from worker.executor_socket import NoDescriptors, accept
from worker.held_child import start_held
from worker.nursery_call import OF_THE_STARTER, Request, answer, listen, receive

log = logging.getLogger("worker.nursery")

LEAF = "nursery"
REQUEST_SECONDS = 2.0
"""How long the others wait for one who connects and says nothing."""
DEAF_SECONDS = 1.0
"""How soon it is tried again to take who connects, where descriptors were short."""


class Nursery:
    """Owns the socket and what was started; everything happens on the process's main thread."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._poll = select.poll()
        self._deaf = False
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        """By the descriptor that tells of their end."""

    def serve(self, signals: socket.socket) -> None:
        """Start what is asked for until a signal comes; then end all, and return after the last."""
        for fd in (self._listener.fileno(), signals.fileno()):
            self._poll.register(fd, select.POLLIN)
        while signals.fileno() not in (ready := self._ready()):
            if self._listener.fileno() in ready:
                self._take()
        self._poll.unregister(self._listener)
        self._poll.unregister(signals)
        systemd.notify("STOPPING=1")
        log.info("ending %d executors", len(self._children))
        for child in self._children.values():
            child.terminate()
        while self._children:
            self._ready()

    def _ready(self) -> set[int]:
        """Wait for something to happen, and reap what has ended; the other descriptors."""
        ready = {fd for fd, _ in self._poll.poll(DEAF_SECONDS * 1000 if self._deaf else None)}
        if self._deaf:
            self._deaf = False
            self._poll.register(self._listener, select.POLLIN)
        for pidfd in ready & self._children.keys():
            child = self._children.pop(pidfd)
            self._poll.unregister(pidfd)
            os.close(pidfd)
            log.info("executor process %d ended with %d", child.pid, child.wait())
        return ready

    def _take(self) -> None:
        """Answer one who has connected; what it says wrong, or not at all, is its own loss."""
        try:
            connection = accept(self._listener)
        except NoDescriptors as error:
            log.error("who connects waits until there are descriptors: %s", error)
            self._deaf = True
            self._poll.unregister(self._listener)
            return
        if connection is None:
            return
        with connection:
            connection.settimeout(REQUEST_SECONDS)
            try:
                if request := receive(connection):
                    with request:
                        self._start(connection, request)
            except (OSError, ValueError) as error:
                log.error("a request was not carried out: %s", error)

    def _start(self, connection: socket.socket, request: Request) -> None:
        ours = {name: value for name, value in os.environ.items() if name in OF_THE_STARTER}
        try:
            child, pidfd = start_held(request, request.env | ours, request.cwd)
        except (OSError, ValueError) as error:
            log.error("nothing was started: %s", error)
            answer(connection, str(error))
            return
        self._children[pidfd] = child
        self._poll.register(pidfd, select.POLLIN)
        log.info("executor process %d started", child.pid)
        answer(connection, "", pidfd)


def main(arguments: list[str]) -> int:
    """Run a nursery to its end; the process's exit code."""
    logs.set_up()
    tidy()
    (directory,) = arguments
    signals = stop_signals()
    # The runs' cgroups lie beside ours, and have controllers only where none is in the one above.
    settle(find(), LEAF)
    try:
        listener = listen(Path(directory))
    except OSError as error:
        log.error("the nursery cannot listen in %s: %s", directory, error.strerror or error)
        return 1
    with listener:
        systemd.notify("READY=1")
        Nursery(listener).serve(signals)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
