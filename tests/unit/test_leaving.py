"""What a stop makes of the runs that are out: only a restart leaves any to the next life."""

import pytest

from tests.unit.running import Desk, T
from worker.leaving import STOPPING, Leaving
from worker.orders import Started
from worker.stop_reason import StopReason


class Reason(StopReason):
    """One that was told what it is."""

    def __init__(self, restart: bool) -> None:
        super().__init__({})
        self._restart = restart

    def is_restart(self) -> bool:
        """As it was told."""
        return self._restart


def leaving(desk: Desk, restart: bool) -> Leaving:
    """A stop that has begun, with four runs: one of each kind has not started."""
    for number, keeps in enumerate(("keep", "end", "keep", "end")):
        run_id = desk.start(f"{keeps}{number}", on_restart=keeps, kill_grace_seconds=10 - number)
        if number < 2:
            desk.runs.started(Started(run_id, 99, T))
    made = Leaving(desk.runs, desk.crew, Reason(restart))  # type: ignore[arg-type]
    made.begin()
    return made


def killed(desk: Desk) -> list[str]:
    """The jobs whose runs were to end, in order."""
    assert {why for _, why in desk.crew.kills} <= {STOPPING}
    names = [run_id.partition("@")[0] for run_id, _ in desk.crew.kills]
    desk.crew.kills.clear()
    return names


def called_off(desk: Desk) -> list[str]:
    """The jobs whose runs were not to start, in order."""
    assert {why for _, why in desk.crew.called_off} <= {STOPPING}
    return [run_id.partition("@")[0] for run_id, _ in desk.crew.called_off]


@pytest.mark.parametrize(
    ("restart", "unstarted", "ends", "grace"),
    [
        (True, ["end3"], ["end1", "end3"], 9),
        (False, ["keep2", "end3"], ["keep0", "end1", "keep2", "end3"], 10),
    ],
)
def test_a_restart_leaves_alone_what_is_to_be_kept(
    restart: bool, unstarted: list[str], ends: list[str], grace: float
) -> None:
    desk = Desk()
    made = leaving(desk, restart)
    assert (called_off(desk), killed(desk)) == (unstarted, [])
    assert (made.awaited, made.longest_grace()) == (len(ends), grace)
    made.end()
    assert killed(desk) == ends
    made.end_at_once()
    assert killed(desk) == ends
    made.retire()
    assert desk.crew.retired == [restart]
