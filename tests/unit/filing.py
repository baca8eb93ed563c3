"""A filer as tests have it: on a thread, with shippers that they answer for."""

import queue
from collections.abc import Callable, Sequence

from common.clock import SystemClock
from common.loop import Loop
from common.record import JobLog
from worker.ends_told import EndsTold
from worker.filer import Filer
from worker.filing import Filing
from worker.ship_wire import Down, Keep, Shipped, Stop, Up
from worker.shipper_process import ShipperError


class Shipper:
    """A shipper that a test answers for."""

    def __init__(self, heard: Callable[[Up], None], over: Callable[[], None]) -> None:
        self.said: queue.Queue[Down] = queue.Queue()
        self.heard, self.over = heard, over
        self.ended = 0

    def put(self, message: Down) -> None:
        """Note it."""
        self.said.put(message)

    def end(self, timeout: float) -> None:
        """Note it."""
        self.ended += 1

    def numbers(self, count: int) -> list[int]:
        """The numbers of so many filings that it is told."""
        told = [self.said.get(timeout=20) for _ in range(count)]
        return [message.number for message in told if isinstance(message, Keep)]

    def store(self, *numbers: int) -> None:
        """Say that these are stored."""
        self.heard(Shipped(numbers))

    def await_stop(self) -> None:
        """Take all that it is told until it is to end, and do."""
        while self.said.get(timeout=20) != Stop():
            pass
        self.over()


class Desk:
    """A filer on its thread, and what it said was recorded."""

    def __init__(self) -> None:
        self.shippers: queue.Queue[Shipper] = queue.Queue()
        self.recorded: queue.Queue[tuple[Sequence[str], Sequence[str]]] = queue.Queue()
        self.told: list[str] = []
        self.failures = 0
        self.deaths: list[BaseException] = []
        self._last: Shipper | None = None
        self.filer = Filer(
            self._start,
            SystemClock(),
            lambda keys, told: self.recorded.put((keys, told)),
            self._note,
        )
        self.loop = Loop(self.filer, lambda name, error: self.deaths.append(error))

    def _note(self, news: Filing | EndsTold) -> None:
        many = [news.run_key] if isinstance(news, Filing) else [over.run_id for over in news.over]
        self.told += many

    def _start(self, heard: Callable[[Up], None], over: Callable[[], None]) -> Shipper:
        if self.failures:
            self.failures -= 1
            raise ShipperError("no process is left")
        self._last = Shipper(heard, over)
        self.shippers.put(self._last)
        return self._last

    def file(self, *numbers: int, output: str = "", told: bool = False) -> None:
        """File one record for each number."""
        for n in numbers:
            record = JobLog("a", "true", "", output, n, n, n, n, f"a@{n}")
            self.filer.file((Filing((record,), f"key {n}", f"a@{n}" if told else ""),))

    def shipper(self) -> Shipper:
        """The next one that is started."""
        return self.shippers.get(timeout=20)

    def begin(self) -> Shipper:
        """Start; the first shipper."""
        self.loop.start()
        return self.shipper()

    def stop(self, ends: bool = True) -> None:
        """Stop, in time and alive; the shipper that runs `ends` when it is told to."""
        self.loop.ask()
        if ends and self._last is not None:
            self._last.await_stop()
        assert self.loop.join(20)
        assert self.deaths == []
