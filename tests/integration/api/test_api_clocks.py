"""A master and its clock: it is told to others, compared with theirs, and shown."""

import json
import time
from collections.abc import Callable

import pytest

from common import keys
from common.clock_news import unpack_clock
from common.constants import CLOCK_DIR
from common.store import Store, put
from tests.integration.mastering import Answer, Caller, a_job, contents
from tests.waiting import until

HOUR = 3_600_000


def now_ms() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000


def own_clock(store: Store) -> int:
    """What the master tells of its clock, waited for."""
    (entry,) = until(lambda: store.snapshot(CLOCK_DIR).entries, why="the master tells its clock")
    assert entry.lease
    return unpack_clock(entry.value)


def shown(master: Caller, path: str, identity: str) -> dict[str, object]:
    """What a call tells of one."""
    found: list[dict[str, object]] = master.get(path).data
    return next((each for each in found if each["id"] == identity), {})


def heard(master: Caller, path: str, identity: str) -> dict[str, object]:
    """The same, once its clock was heard."""

    def told() -> dict[str, object] | None:
        each = shown(master, path, identity)
        return each if each.get("clockAheadMs") is not None else None

    return until(told, why=f"the clock of {identity} is heard")


def test_a_master_tells_its_clock(master: Caller, store: Store) -> None:
    assert abs(own_clock(store) - now_ms()) < 20_000


@pytest.mark.parametrize(("ahead", "off"), [(0, False), (1900, True)])
def test_a_workers_clock_is_shown_and_pointed_out_when_it_is_off(
    master: Caller, store: Store, ahead: int, off: bool
) -> None:
    own_clock(store)
    told = json.dumps({"clock": now_ms() + ahead}).encode()
    put(store, keys.worker("10.0.0.1"), told)
    worker = heard(master, "/api/v1/workers", "10.0.0.1")
    assert worker["clockAheadMs"] == pytest.approx(ahead, abs=800)
    assert worker["clockOff"] is off


def test_another_masters_clock_is_shown_and_ones_own_is_not_heard(
    master: Caller, store: Store
) -> None:
    own_clock(store)
    put(store, f"{CLOCK_DIR}other:1", b"%d" % (now_ms() + 4000))
    other = heard(master, "/api/v1/masters", "other:1")
    assert other["clockAheadMs"] == pytest.approx(4000, abs=800)
    assert other["clockOff"] is True
    (mine,) = [m for m in master.get("/api/v1/masters").data if m["id"] != "other:1"]
    assert (mine["clockAheadMs"], mine["clockOff"]) == (None, False)


@pytest.fixture
def alone(master: Caller, store: Store) -> Caller:
    """A master whose clock is an hour behind the only other that it hears."""
    own_clock(store)
    master.save(**a_job())
    put(store, f"{CLOCK_DIR}other:1", b"%d" % (now_ms() + HOUR))
    heard(master, "/api/v1/masters", "other:1")
    return master


REFUSED: list[Callable[[Caller], Answer]] = [
    lambda master: master.save(**a_job(name="b")),
    lambda master: master.post("/job/delete", name="a"),
]


@pytest.mark.parametrize("call", REFUSED, ids=["save", "delete"])
def test_a_master_whose_clock_is_off_says_so_instead_of_moving_a_watermark(
    alone: Caller, store: Store, call: Callable[[Caller], Answer]
) -> None:
    before = contents(store)
    said = call(alone)
    assert (said.status, said.errno) == (200, -1)
    assert "s behind 1 of 1 other clocks" in said.msg
    assert "nothing was changed" in said.msg
    assert contents(store) == before


def test_our_own_calls_answer_503_while_the_masters_clock_is_off(
    alone: Caller, store: Store
) -> None:
    before = contents(store)
    for path in ("/api/v1/jobs", "/api/v1/jobs?check=1"):
        said = alone.post_json(path, [a_job(name="b")])
        assert (said.status, said.errno) == (503, -1)
        assert "s behind 1 of 1 other clocks" in said.msg
    assert contents(store) == before


def test_a_save_that_moves_nothing_goes_on_while_the_masters_clock_is_off(alone: Caller) -> None:
    assert alone.save(**a_job(command="echo new")).errno == 0
