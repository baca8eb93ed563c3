"""The executor: a process that runs commands for a worker's main process, and may outlive it.

Started as `python -m worker.executor DIRECTORY NUMBER THREADS LEVEL CONFIG` in a session of its
own. It says "ready" on stdout once it listens in DIRECTORY and takes orders from the process that
connects. When that is gone it goes on with what may go on, listens for the next one, and ends once
nothing runs; what ended meanwhile lies in DIRECTORY. A SIGTERM ends it with all its runs.
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
from common.counts import count_of
from common.shortage import shortage
from worker.boot_alarm import BootAlarm
from worker.equipment import Equipment
from worker.executor_caller import Caller
from worker.executor_config import ExecutorConfig
from worker.executor_ends import EndKeeper
from worker.executor_pool import Pool
from worker.executor_setup import raise_descriptors, say_ready, stop_signals, tidy
from worker.executor_socket import hold, listen
from worker.executor_spool import Spool
from worker.executor_starts import Starts
from worker.hello import Hello
from worker.live_orders import Follow
from worker.orders import (
    MAIN_GONE,
    NEEDS,
    PROTOCOL_VERSION,
    Ack,
    Extend,
    KillRun,
    Message,
    Order,
    Retire,
)

log = logging.getLogger("worker.executor")  # it is run as a program

CONNECT_SECONDS = 30.0
FLUSH_SECONDS = 5.0


class Executor:
    """Owns the caller and the signals, on the process's main thread; the pool does the rest."""

    def __init__(self, directory: Path, number: int, threads: int, equipment: Equipment) -> None:
        self._home = directory
        self._number = number
        self._caller = Caller(number)
        self._alarm = BootAlarm()
        self._dying = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._equipment = equipment
        self._changed = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        starts = Starts(self._caller.tell, self._wake)
        config = equipment.config
        spool = Spool(directory, number, config.spool_bytes, config.output_seconds)
        self._ends = EndKeeper(spool, self._count, starts, self._over, self._poke, self._die)
        self._pool = Pool(threads, starts, self._ends.put, self._die, equipment, self._caller.show)
        self._retiring = False

    def start(self) -> None:
        """Start all threads that it will ever need for its runs."""
        self._ends.start()
        self._pool.start()

    def serve(self, listener: socket.socket) -> int:
        """Carry out what is ordered until the end; the process's exit code."""
        reason, code = self._follow(listener, stop_signals())
        if not self._pool.end_all(reason):
            log.error("executor %d leaves runs behind that even KILL does not end", self._number)
            code = 1
        self._ends.finish(FLUSH_SECONDS)
        self._caller.finish(FLUSH_SECONDS)
        return code

    def _follow(self, listener: socket.socket, signals: socket.socket) -> tuple[str, int]:
        """Handle messages; when that is over, why the remaining runs must end, and exit code.

        Leases are looked at after the messages: what was told while we were frozen comes first.
        """
        while not self._is_over():
            hears = self._caller.connection or listener
            ready = self._await(hears.fileno(), signals.fileno())
            if not ready:
                return f"nobody connected in {CONNECT_SECONDS:g} s", 1
            if self._dying in ready:
                return "the executor failed", 1
            if signals.fileno() in ready:
                return "the executor was told to end", 0
            if hears.fileno() in ready:
                self._meet(listener) if hears is listener else self._receive()
            if self._changed in ready:
                os.eventfd_read(self._changed)
            self._equipment.trees.orphans.reap()
            self._alarm.set(self._pool.enforce(time.clock_gettime(time.CLOCK_BOOTTIME)))
        return "", 0

    def _await(self, *fds: int) -> set[int]:
        """What there is to be looked at; nothing only where nobody ever came."""
        poll = select.poll()
        for fd in (*fds, self._dying, self._changed, self._alarm.fd):
            poll.register(fd, select.POLLIN)
        longest = None if self._caller.was_there else CONNECT_SECONDS * 1000
        return {fd for fd, _ in poll.poll(longest)}

    def _is_over(self) -> bool:
        """Whether nothing is left to run, and nothing to tell that would not be found on disk."""
        if not self._retiring or len(self._pool):
            return False
        spool = self._ends.spool
        if self._caller.connection is None:
            return not spool.unsaved or not self._home.exists()
        return not len(spool)

    def _meet(self, listener: socket.socket) -> None:
        """Greet who connects, if it is of our user."""
        if sender := self._caller.meet(listener):
            self._ends.greet(sender, self._hello)

    def _hello(self, ended: tuple[str, ...]) -> Hello:
        return Hello(PROTOCOL_VERSION, self._number, NEEDS, self._pool.held, ended)

    def _receive(self) -> None:
        """Take what the main process sent; when that was the last, wait for another."""
        if self._caller.hear(self._handle):
            return
        self._caller.part()
        self._pool.taps.follow(())
        if not self._retiring:
            self._retire(MAIN_GONE, keep=True)

    def _handle(self, message: Message) -> None:
        match message:
            case Order() if not self._retiring:
                self._pool.submit(message)
            case KillRun(unstarted=True):
                self._pool.call_off(message.run_id, message.reason)
            case KillRun():
                self._pool.kill(message.run_id, message.reason, message.at_once)
            case Extend():
                self._pool.extend(message)
            case Follow():
                self._pool.taps.follow(message.run_ids)
            case Ack():
                self._ends.acknowledge(message)
            case Retire():
                why = "restarted" if message.keep else "stopped"
                self._retire(f"the worker was {why}", message.keep)
            case _:
                raise ValueError(f"a {type(message).__name__} is nothing to tell an executor now")

    def _retire(self, reason: str, keep: bool) -> None:
        self._retiring = True
        self._pool.retire(reason, keep)
        if left := len(self._pool):
            runs = count_of(left, "run")
            log.info("executor %d goes on for its %s: %s", self._number, runs, reason)

    def _wake(self) -> None:
        self._ends.wake()

    def _count(self) -> int:
        return len(self._pool)

    def _over(self, run_ids: list[str]) -> None:
        self._pool.over(run_ids)

    def _poke(self) -> None:
        """Something ended or was acknowledged: let the main thread see whether that was all."""
        if self._retiring:
            os.eventfd_write(self._changed, 1)

    def _die(self) -> None:
        os.eventfd_write(self._dying, 1)


def _serve(home: Path, number: int, threads: int, equipment: Equipment) -> int:
    """Listen, say so, and serve; what keeps it from that is said, and nothing is begun."""
    executor = Executor(home, number, threads, equipment)
    with listen(home, number) as listener:
        try:
            executor.start()
        except (RuntimeError, MemoryError) as error:
            if not (why := shortage(error)):
                raise
            log.error("executor %d cannot start its %d threads: %s", number, threads, why)
            return 1
        if not say_ready():
            log.info("executor %d ends: nobody waits for it any more", number)
            return 0
        return executor.serve(listener)


def main(arguments: list[str]) -> int:
    """Run one executor to its end; the process's exit code."""
    directory, number, threads, level, config = arguments
    logs.set_up(level)
    tidy()
    open_files = raise_descriptors(int(threads))
    if open_files is None:
        return 1
    home = Path(directory)
    place = hold(home, int(number))
    told = replace(ExecutorConfig.from_text(config), open_files=open_files)
    equipment = Equipment(told, home, int(number))
    equipment.secrets.sweep()
    code = _serve(home, int(number), int(threads), equipment)
    equipment.secrets.close()
    os.close(place)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
