"""An executor with somebody to talk to it: what every test of the executors needs."""

import itertools
import json
import os
import queue
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common.job import Job
from tests.integration.whole_ends import reading
from tests.own_user import OWN_USER
from tests.waiting import until
from worker.executor_adopted import AdoptedLink
from worker.executor_config import ExecutorConfig
from worker.executor_link import ExecutorLink, News
from worker.executor_started import StartedLink
from worker.hello import Hello
from worker.live_orders import Printed
from worker.order_fields import JOB_FIELDS
from worker.orders import Ended, ExecutorLost, Order, Started
from worker.process_stat import run_id_of

FAR = 1e15
OF_OURS = ExecutorConfig(default_user=OWN_USER)
MAIN_PROCESS = """
import json, sys, threading
from pathlib import Path
from tests.integration.executing import Desk, boot_now
desk = Desk(Path(sys.argv[1]))
for command, changed in json.loads(sys.argv[2]):
    if lease := changed.pop("lease_seconds", 0):
        changed["not_after"] = boot_now() + lease
    given = desk.submit(command, **{"kill_grace_seconds": 1.0, **changed})
    desk.started(given)
    print(desk.link.pid, given.run_id, flush=True)
threading.Event().wait()
"""
_numbers = itertools.count()


def boot_now() -> float:
    """Now, as `start_at`, `not_after` and `start_by` count."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def order(command: str, **changed: Any) -> Order:
    """An order to run `command` at once, with no limits but what is `changed`, of job or order."""
    run_id = f"job@{os.getpid()}{next(_numbers):06d}"
    values: dict[str, Any] = {
        "run_id": run_id,
        "environment": {"FLEETCRON_JOB": "job", "FLEETCRON_RUN_ID": run_id},
        "start_at": 0.0,
        "incarnation": "me",
        "not_after": FAR,
        "cut_off_seconds": None,
        "start_by": FAR,
    }
    of_job = {name: changed.pop(name) for name in JOB_FIELDS if name in changed}
    return Order(job=Job("job", command, "", **of_job), **(values | changed))


def processes_of(run_id: str) -> list[int]:
    """The pids of all living processes that carry this run's id in their environment."""
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return [pid for pid in pids if run_id_of(pid) == run_id]


def programs_of(run_id: str) -> list[str]:
    """The names of the programs that run in all these processes."""
    names = []
    for pid in processes_of(run_id):
        try:
            names.append(Path(f"/proc/{pid}/comm").read_text().strip())
        except OSError:
            continue
    return names


def state_of(pid: int) -> str:
    """A process's state as proc(5) has it: T is stopped, Z is dead; "" when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def memory_bytes(pid: int, field: str = "VmHWM") -> int:
    """A process's memory as /proc/PID/status names it; VmHWM is the highest it ever was."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no {field} of {pid}")


def nobody_dies(name: str, error: BaseException) -> None:
    """What no part of a test is to tell."""
    raise AssertionError(f"{name} died") from error


class Desk:
    """A started link, and everything it has told."""

    def __init__(
        self,
        directory: Path,
        threads: int = 4,
        number: int = 0,
        config: ExecutorConfig = OF_OURS,
        starts: bool = True,
    ) -> None:
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self.starts: list[Started] = []
        self.ends: dict[str, Ended] = {}
        self.lost: list[ExecutorLost] = []
        self.printed: list[Printed] = []
        hear = reading(directory.parent, self._news.put)
        kind = StartedLink if starts else AdoptedLink
        self.link: ExecutorLink = kind(number, directory, threads, hear, config)
        if starts:
            self.started_link.start(60.0)

    @property
    def started_link(self) -> StartedLink:
        """The link of an executor that was started here."""
        assert isinstance(self.link, StartedLink)
        return self.link

    def adopt(self, timeout: float) -> Hello:
        """Take over the executor that is there, and hear what it says from now on."""
        assert isinstance(self.link, AdoptedLink)
        hello = self.link.adopt(timeout)
        self.link.follow()
        return hello

    def hear(self, timeout: float = 60.0) -> News:
        """The next thing told; an end that comes twice fails the test."""
        news = self._news.get(timeout=timeout)
        match news:
            case Started():
                self.starts.append(news)
            case Ended():
                assert news.run_id not in self.ends, f"two ends of {news.run_id}"
                self.ends[news.run_id] = news
            case Printed():
                self.printed.append(news)
            case ExecutorLost():
                self.lost.append(news)
        return news

    def end_of(self, run_id: str) -> Ended:
        """Wait for the end of the run with this id."""
        while run_id not in self.ends:
            self.hear()
        return self.ends[run_id]

    def silent(self) -> bool:
        """Whether nothing more was told than has been heard."""
        return self._news.empty()

    def submit(self, command: str, **changed: Any) -> Order:
        """Hand over a run of `command`."""
        given = order(command, **changed)
        self.started_link.submit_many((given,))
        return given

    def started(self, given: Order) -> Started:
        """Wait for the start of this run."""
        while not (found := [told for told in self.starts if told.run_id == given.run_id]):
            self.hear()
        return found[0]

    def ended(self, given: Order) -> Ended:
        """Wait for the end of this run."""
        return self.end_of(given.run_id)

    def run(self, command: str, **changed: Any) -> Ended:
        """Run `command` to its end."""
        return self.ended(self.submit(command, **changed))

    def sleeping(self, given: Order, sleeps: int = 1) -> None:
        """Wait until so many `sleep` of the run are under way."""
        self.started(given)
        until(lambda: programs_of(given.run_id).count("sleep") == sleeps, why="its sleeps")


@contextmanager
def desk(
    directory: Path, threads: int = 4, number: int = 0, config: ExecutorConfig = OF_OURS
) -> Iterator[Desk]:
    """A desk whose executor is gone afterwards, whatever the test did."""
    made = Desk(directory, threads, number, config)
    try:
        yield made
    finally:
        made.link.ask()
        made.link.join(0.0 if made.link.count else 10.0)


@contextmanager
def successor(directory: Path, number: int = 0) -> Iterator[tuple[Desk, Hello]]:
    """A desk that takes over an executor from a main process that is gone; then lets it be."""
    made = Desk(directory, number=number, starts=False)
    hello = made.adopt(60.0)
    try:
        yield made, hello
    finally:
        made.link.retire(keep=True)
        made.link.ask()
        made.link.join(10.0)


@contextmanager
def main_process(
    directory: Path, commands: Sequence[str | tuple[str, dict[str, Any]]], **changed: Any
) -> Iterator[tuple[subprocess.Popen[str], list[tuple[int, str]]]]:
    """A process with an executor that runs `commands`, and (executor's pid, run id) of each.

    The orders are as `order` makes them but for what is `changed`, of all or beside one command;
    `lease_seconds` is counted from when that one is handed over. Killed afterwards.
    """
    pairs = [(each, {}) if isinstance(each, str) else each for each in commands]
    told = json.dumps([(command, changed | own) for command, own in pairs])
    arguments = [sys.executable, "-c", MAIN_PROCESS, str(directory), told]
    main = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    try:
        assert main.stdout is not None
        said = [main.stdout.readline().split() for _ in commands]
        yield main, [(int(executor), run_id) for executor, run_id in said]
    finally:
        main.kill()
        with main:
            main.wait()
