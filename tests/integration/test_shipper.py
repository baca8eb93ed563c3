"""The shipper's process: what it stores, its own end, and that of its main process."""

import os
import queue
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from common.clock import SystemClock
from common.log_opening import SqliteSpec
from common.loop import Loop
from common.record import JobLog
from common.sqlite_log import SqliteLogStore
from tests.waiting import until
from worker.filer import Filer
from worker.filing import Filing
from worker.ship_wire import Keep, Open, Stop
from worker.shipper_process import ShipperProcess
from worker.shippers import Line


class Desk:
    """A filer with real shippers beside a log store that is open here."""

    def __init__(self, path: Path) -> None:
        self.logs = SqliteLogStore(path / "log.db")
        self.opening = Open(
            SqliteSpec(path / "log.db"), "w", path / "executors", 10, 0.05, path / "refused.jsonl"
        )
        self.pids: queue.Queue[int] = queue.Queue()
        self.recorded: queue.Queue[str] = queue.Queue()
        self.filer = Filer(self._start, SystemClock(), self._note)
        self.deaths: list[BaseException] = []
        self.loop = Loop(self.filer, lambda name, error: self.deaths.append(error))

    def _start(self, *heard: object) -> Line:
        process = partial(ShipperProcess, self.opening)(*heard)  # type: ignore[arg-type]
        self.pids.put(process.pid)
        return process

    def _note(self, run_keys: Sequence[str], told: Sequence[str]) -> None:
        for key in run_keys:
            self.recorded.put(key)

    def file(self, *numbers: int) -> None:
        """File one record for each number."""
        for n in numbers:
            record = JobLog("a", "true", "", f"é\udc80{n}", n, n, n, n, f"a@{n}", cpu_seconds=0.5)
            self.filer.file((Filing((record,), f"key {n}"),))

    def keys(self, count: int) -> list[str]:
        """So many keys whose records are stored."""
        return sorted(self.recorded.get(timeout=20) for _ in range(count))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """One, which is stopped in the end."""
    made = Desk(tmp_path)
    made.loop.start()
    yield made
    made.loop.ask()
    assert made.loop.join(20)
    assert made.deaths == []
    made.logs.close()


def is_there(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_records_are_stored_by_a_process_of_its_own(desk: Desk) -> None:
    desk.file(1, 2)
    assert desk.keys(2) == ["key 1", "key 2"]
    record = desk.logs.one("a@1")
    assert record
    assert (record.output, record.cpu_seconds) == ("é\\udc801", 0.5)


def test_what_a_killed_shipper_did_not_store_another_one_does(desk: Desk) -> None:
    first = desk.pids.get(timeout=20)
    os.kill(first, signal.SIGKILL)
    desk.file(*range(20))
    assert len(desk.keys(20)) == 20
    assert desk.pids.get(timeout=20) != first
    assert not is_there(first)


def test_a_stop_stores_what_is_there_and_leaves_no_process(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.file(*range(30))
    desk.loop.start()
    pid = desk.pids.get(timeout=20)
    desk.loop.ask()
    assert desk.loop.join(20)
    assert len(desk.keys(30)) == 30
    assert not is_there(pid)
    desk.logs.close()


def test_a_shipper_ends_with_its_main_process(tmp_path: Path) -> None:
    SqliteLogStore(tmp_path / "log.db").close()
    program = (
        "import sys, time; from pathlib import Path\n"
        "from common.log_opening import SqliteSpec; from worker.ship_wire import Open\n"
        "from worker.shipper_process import ShipperProcess\n"
        "path = Path(sys.argv[1])\n"
        "opening = Open(SqliteSpec(path / 'log.db'), 'w', path, 9, 1.0, path / 'aside')\n"
        "process = ShipperProcess(opening, lambda message: None, lambda: None)\n"
        "print(process.pid, flush=True); sys.stdin.read()\n"
    )
    main = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert main.stdout
    pid = int(main.stdout.readline())
    assert is_there(pid)
    main.kill()
    main.communicate()
    until(lambda: not is_there(pid))


def test_a_shipper_knows_nothing_of_the_store_of_jobs() -> None:
    program = (
        "import sys, worker.shipper\n"
        "known = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not known & {'grpc', 'google', 'etcd3', 'pymongo', 'sqlite3'}, known\n"
        "assert not [name for name in sys.modules if 'common.etcd' in name]\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_messages_that_are_in_order_are_stored_before_the_end_that_follows(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    over: queue.Queue[bool] = queue.Queue()
    process = ShipperProcess(desk.opening, lambda message: None, lambda: over.put(True))
    record = JobLog("a", "true", "", "", 1, 1, 1, 1, "a@1")
    process.put(Keep(1, (record,)))
    process.put(Stop())
    assert over.get(timeout=20)
    assert desk.logs.one("a@1") == record
    process.end(5.0)
    desk.logs.close()


def test_a_stop_wakes_a_shipper_that_is_frozen(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.loop.start()
    os.kill(desk.pids.get(timeout=20), signal.SIGSTOP)
    desk.file(1)
    desk.loop.ask()
    assert desk.loop.join(20)
    assert desk.keys(1) == ["key 1"]
    desk.logs.close()
