"""Edits on a master whose clock does not agree with others: what moves a watermark is refused."""

from collections.abc import Callable

import pytest

from common import keys
from common.clock import read
from common.clocks import Clocks
from common.errors import ClockOff
from common.store import Store, put
from common.trusted_clock import TrustedClock
from master.bulk import save_all
from master.edits import Edits
from tests.integration.mastering import NOON, a_job, contents, stored, watermark
from tests.turned_clock import TurnedClock

HOUR = 3_600_000
OFF = r"3600\.0 s (ahead of|behind) 1 of 1 other clocks"


@pytest.fixture
def turned() -> TurnedClock:
    """The master's clock, at noon."""
    return TurnedClock(wall_ms=NOON)


@pytest.fixture
def judged(store: Store, turned: TurnedClock) -> Edits:
    """Edits on a master that has heard another clock, and saved a job at noon."""
    clocks = Clocks()
    clocks.measured("log store", NOON, read(turned), 0.0)
    ours = TrustedClock(turned, clocks, "saving nothing that moves a watermark")
    made = Edits(store, "UTC", ours.wall_ms, ours.required_ms)
    made.save(a_job())
    return made


MOVES: dict[str, Callable[[Edits], object]] = {
    "a new job": lambda edits: edits.save(a_job(name="b")),
    "a schedule": lambda edits: edits.save(a_job(cronExpr="5 * * * *")),
    "a zone": lambda edits: edits.save(a_job(timezone="Europe/Berlin")),
    "a deletion": lambda edits: edits.delete("a"),
}


@pytest.mark.parametrize("step", [HOUR, -HOUR])
@pytest.mark.parametrize("change", MOVES.values(), ids=MOVES)
def test_what_moves_a_watermark_is_refused_while_the_clock_is_off(
    store: Store, judged: Edits, turned: TurnedClock, step: int, change: Callable[[Edits], object]
) -> None:
    turned.turn(1)
    turned.now_ms += step
    before = contents(store)
    with pytest.raises(ClockOff, match=OFF):
        change(judged)
    assert contents(store) == before
    turned.now_ms -= step
    judged.save(a_job(cronExpr="5 * * * *"))
    assert watermark(store, "a") == NOON + 1000


def test_what_moves_no_watermark_is_saved_all_the_same(
    store: Store, judged: Edits, turned: TurnedClock
) -> None:
    turned.now_ms += HOUR
    judged.save(a_job(command="echo new"))
    assert stored(store)["command"] == "echo new"
    assert watermark(store, "a") == NOON


def test_a_malformed_watermark_is_made_anew_only_by_a_clock_that_agrees(
    store: Store, judged: Edits, turned: TurnedClock
) -> None:
    put(store, keys.fired("a"), b"soon")
    turned.now_ms += HOUR
    with pytest.raises(ClockOff, match=OFF):
        judged.save(a_job(command="echo new"))


def test_of_many_jobs_none_is_saved_when_one_would_move_a_watermark(
    store: Store, judged: Edits, turned: TurnedClock
) -> None:
    turned.now_ms += HOUR
    before = contents(store)
    body = b'[{"name": "a", "command": "x"}, {"name": "b", "command": "y", "cronExpr": "@daily"}]'
    with pytest.raises(ClockOff, match=OFF):
        save_all(judged, body, "", "", lambda jobs: [[] for _ in jobs])
    assert contents(store) == before
