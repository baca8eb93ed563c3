"""The executor: a process that runs commands for a worker's main process and outlives no order.

Started as `python -m worker.executor DIRECTORY NUMBER THREADS LEVEL CONFIG` in a session of its
own. It says "ready" on stdout once it listens in DIRECTORY, takes orders from the one process that
connects, and ends when that connection or a SIGTERM says so; its runs are then ended first.
"""

import logging
import os
import select
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

from common import logs
from worker.boot_alarm import BootAlarm
from worker.equipment import Equipment
from worker.executor_channel import RECEIVE_BYTES, Frames, Sender, frame
from worker.executor_config import ExecutorConfig
from worker.executor_pool import Pool
from worker.executor_setup import raise_descriptors, stop_signals, tidy
from worker.executor_socket import accept, hold, listen
from worker.orders import (
    PROTOCOL_VERSION,
    SPEAKS,
    Ack,
    Ended,
    Extend,
    Hello,
    KillRun,
    Message,
    Order,
    Retire,
    Started,
)

log = logging.getLogger(__name__)

CONNECT_SECONDS = 30.0


class Executor:
    """Owns the connection and the signals, on the process's main thread; the pool does the rest."""

    def __init__(self, number: int, threads: int, equipment: Equipment) -> None:
        self._number = number
        self._frames = Frames()
        self._alarm = BootAlarm()
        self._dying = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._equipment = equipment
        self._pool = Pool(threads, self._tell, self._fail, equipment)

    def serve(self, connection: socket.socket) -> int:
        """Carry out what the main process orders until the end; the process's exit code."""
        signals = stop_signals()
        self._sender = Sender(connection, "sender")
        self._sender.put(frame(Hello(PROTOCOL_VERSION, self._number, SPEAKS)))
        self._sender.start()
        self._pool.start()
        reason, code = self._follow(connection, signals)
        if not self._pool.end_all(reason):
            log.error("executor %d leaves runs behind that even KILL does not end", self._number)
            code = 1
        self._sender.finish()
        self._sender.join(5.0)
        return code

    def _follow(self, connection: socket.socket, signals: socket.socket) -> tuple[str, int]:
        """Handle messages; when that is over, why the remaining runs must end, and exit code.

        Leases are looked at after the messages: what was told while we were frozen comes first.
        """
        poll = select.poll()
        for fd in (connection.fileno(), signals.fileno(), self._dying, self._alarm.fd):
            poll.register(fd, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poll.poll()}
            if self._dying in ready:
                return "the executor failed", 1
            if signals.fileno() in ready:
                return "the executor was told to end", 0
            if connection.fileno() in ready and not self._receive(connection):
                return "the worker's main process is gone", 0
            self._equipment.trees.orphans.reap()
            self._alarm.set(self._pool.enforce(time.clock_gettime(time.CLOCK_BOOTTIME)))

    def _receive(self, connection: socket.socket) -> bool:
        """Take what the main process sent; False when that was the last."""
        try:
            data = connection.recv(RECEIVE_BYTES)
            for message in self._frames.feed(data):
                self._handle(message)
        except (ConnectionError, ValueError) as error:
            log.error("executor %d: %s", self._number, error)
            return False
        return bool(data)

    def _handle(self, message: Message) -> None:
        match message:
            case Order():
                self._pool.submit(message)
            case KillRun():
                self._pool.kill(message.run_id, message.reason, message.at_once)
            case Extend():
                self._pool.extend(message)
            case Ack() | Retire():
                pass
            case _:
                raise ValueError(f"a {type(message).__name__} is nothing to tell an executor")

    def _fail(self) -> None:
        os.eventfd_write(self._dying, 1)

    def _tell(self, message: Started | Ended) -> None:
        self._sender.put(frame(message))


def main(arguments: list[str]) -> int:
    """Run one executor to its end; the process's exit code."""
    directory, number, threads, level, config = arguments
    logs.set_up(level)
    tidy()
    open_files = raise_descriptors(int(threads))
    if open_files is None:
        return 1
    place = hold(Path(directory), int(number))
    told = replace(ExecutorConfig.from_text(config), open_files=open_files)
    equipment = Equipment(told, Path(directory), int(number))
    equipment.secrets.sweep()
    executor = Executor(int(number), int(threads), equipment)
    with listen(Path(directory), int(number)) as listener:
        _say_ready()
        connection = accept(listener, CONNECT_SECONDS)
    if connection is None:
        log.error("executor %s: nobody connected in %g s", number, CONNECT_SECONDS)
        return 1
    with connection:
        code = executor.serve(connection)
    equipment.secrets.close()
    os.close(place)
    return code


def _say_ready() -> None:
    """Tell the starter that we listen, and let go of its pipe."""
    os.write(1, b"ready\n")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
