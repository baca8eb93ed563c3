"""When it is noted that a command began: where many do, only of runs that are not over at once."""

from common.record import SUCCESS
from tests.unit.running import Desk, T, ended
from worker.begun import FEW
from worker.orders import Started


def _begin(desk: Desk, *names: str) -> list[str]:
    run_ids = [desk.start(name) for name in names]
    for run_id in run_ids:
        desk.runs.started(Started(run_id, 4711, T))
    return run_ids


def _noted(desk: Desk) -> list[str]:
    return [run_id for word, run_id in desk.notes.lines if word == "started"]


def test_few_runs_are_noted_at_once() -> None:
    desk = Desk()
    assert _begin(desk, "a") == _noted(desk)


def test_of_many_runs_those_that_are_over_at_once_have_only_their_ends_noted() -> None:
    desk = Desk()
    first = _begin(desk, *map(str, range(FEW)))
    short, long = _begin(desk, "short", "long")
    assert 0 < desk.runs.begun.wait(1.0) < 0.5
    desk.runs.begun.note()
    assert _noted(desk) == first
    desk.runs.ended(ended(short))
    desk.clock.turn(1)
    assert desk.runs.begun.wait(1.0) == 0
    desk.runs.begun.note()
    assert _noted(desk) == [*first, long]
    assert desk.outcomes() == [(short, SUCCESS)]
    assert desk.runs.begun.wait(1.0) == 1.0
