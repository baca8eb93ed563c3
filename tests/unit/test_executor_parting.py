"""How executors are waited for that were asked to end: all at once."""

import signal

from worker.executor_parting import join_all


class Frozen:
    """An executor that ends at KILL alone, or that keeps its runs."""

    count, patience = 1, 0.0

    def __init__(self, number: int, said: list[str], keeps: bool = False) -> None:
        self.number = number
        self._said = said
        self._keeps = keeps
        self._over = False

    def wait(self, timeout: float) -> bool:
        """See `Parting`."""
        self._said.append(f"wait {self.number}")
        return self._over

    def part(self) -> bool:
        """See `Parting`."""
        self._over = self._keeps
        return self._keeps

    def signal(self, number: int) -> None:
        """See `Parting`."""
        self._said.append(f"{signal.Signals(number).name} {self.number}")
        self._over = number == signal.SIGKILL


def test_all_that_are_late_get_their_signal_before_any_is_waited_for() -> None:
    said: list[str] = []
    assert not join_all([Frozen(1, said), Frozen(2, said)], 0.0)
    assert said == [
        "wait 1", "wait 2",
        "SIGTERM 1", "SIGCONT 1", "SIGTERM 2", "SIGCONT 2",
        "wait 1", "wait 2",
        "SIGKILL 1", "SIGKILL 2",
        "wait 1", "wait 2",
    ]  # fmt: skip


def test_one_that_keeps_its_runs_is_sent_nothing() -> None:
    said: list[str] = []
    assert not join_all([Frozen(1, said, keeps=True)], 0.0)
    assert said == ["wait 1", "wait 1"]
