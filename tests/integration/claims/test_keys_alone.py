"""Runs of which only their keys still say what is to be recorded: it is, and ends are let go."""

from dataclasses import replace

import pytest

from common.owed import ENDED, RUNNING, pack
from common.record import FAILED
from common.store import put
from tests.integration.claiming import Worker
from worker.asks import Before, End, KeysAlone, Recorded, Take
from worker.claim import Claim
from worker.events import Won
from worker.spool_state import SpoolState


@pytest.fixture
def safe(worker: Worker) -> list[str]:
    """The runs whose ends are safe, as executors hear it."""
    heard: list[str] = []
    worker.claimer._acks._tell = heard.extend
    return heard


def told(worker: Worker) -> Claim:
    """A run whose end an executor told, and that is written."""
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    end: End = worker.finish(claim, won.fence)
    worker.do(replace(end, told=True, durable=True))
    return claim


def test_a_record_that_cannot_be_made_of_its_end_is_made_of_its_key(
    worker: Worker, safe: list[str]
) -> None:
    claim = told(worker)
    worker.sweep()
    assert worker.filed == [], "its record is to come from its end"
    worker.do(KeysAlone((claim.run_id,)))
    worker.sweep()
    (filing,) = worker.filed
    assert (filing.run_key, filing.told) == (claim.run_key, claim.run_id)
    worker.sweep()
    assert (len(worker.filed), safe) == (1, [])
    worker.do(Recorded((claim.run_key,), (claim.run_id,)))
    assert (worker.store.get(claim.run_key), safe) == (None, [claim.run_id])


def test_an_end_without_a_record_or_a_key_is_let_go(worker: Worker, safe: list[str]) -> None:
    worker.do(Before(("gone@1",)))
    worker.sweep()
    assert safe == []
    worker.do(KeysAlone(("gone@1",)))
    assert (safe, worker.filed) == (["gone@1"], [])
    worker.sweep()
    assert safe == ["gone@1"]


def test_one_whose_run_was_over_before_is_recorded_by_its_key(
    worker: Worker, safe: list[str]
) -> None:
    claim = worker.claim()
    put(worker.store, claim.run_key, pack(replace(claim.owed(), state=ENDED, outcome=FAILED)))
    worker.do(Before((claim.run_id,)), KeysAlone((claim.run_id,)))
    worker.sweep()
    (filing,) = worker.filed
    assert (filing.records[-1].outcome, filing.told) == (FAILED, claim.run_id)
    worker.do(Recorded((claim.run_key,), (claim.run_id,)))
    assert (worker.store.get(claim.run_key), safe) == (None, [claim.run_id])


def test_a_run_whose_end_is_still_to_be_written_is_waited_for(
    worker: Worker, safe: list[str]
) -> None:
    claim = worker.claim()
    put(worker.store, claim.run_key, pack(replace(claim.owed(), state=RUNNING)))
    worker.do(Before((claim.run_id,)), KeysAlone((claim.run_id,)))
    worker.sweep()
    assert (safe, worker.filed) == ([], [])
    put(worker.store, claim.run_key, pack(replace(claim.owed(), state=ENDED, outcome=FAILED)))
    worker.sweep()
    assert [filing.told for filing in worker.filed] == [claim.run_id]


def test_what_was_too_much_is_filed_only_when_there_is_room(worker: Worker) -> None:
    claim = told(worker)
    keys = worker.claimer._sweep._keys
    state = SpoolState(why="away")
    keys._has_room = lambda: not state.why
    worker.do(KeysAlone((claim.run_id,), False))
    worker.sweep()
    assert worker.filed == []
    state = SpoolState()
    worker.sweep()
    (filing,) = worker.filed
    assert (filing.run_key, filing.told) == (claim.run_key, "")
