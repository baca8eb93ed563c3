"""The records of an end: from the spool they are the same as from the running table."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from common.job import Job
from common.owed import Gap
from common.protocol import JobExecuteInfo
from common.record import FAILED, KILLED, LOST, NOT_STARTED, SUCCESS
from tests.unit.running import T, ended
from worker import results
from worker.baggage import Baggage, pack_baggage
from worker.claim import Claim
from worker.ends_log import EndsLog
from worker.kept_end import KeptEnd
from worker.orders import MAIN_GONE, Ended
from worker.spooled import Range, Spooled, read_range
from worker.told_record import records_in

CLAIM = Claim("a/é", 3, "echo hi", T - 1, T, "me.1", 7, True, None)
JOB = Job("a/é", "echo hi", "* * * * *", timezone="UTC", retries=3)
ENDED = ended(CLAIM.run_id)


def spooled(directory: Path, baggage: Baggage, end: Ended) -> Spooled:
    """The end as its executor keeps it, and as it is read again."""
    log = EndsLog(directory / "life", 0)
    written = log.add([KeptEnd.of(pack_baggage(baggage), end)])
    log.close()
    where = Range("life", 0, written.part, written.turn, written.offsets[0], written.end)
    (read,) = read_range(directory, where)
    return read


def of_the_table(baggage: Baggage, end: Ended, claim: Claim) -> object:
    """The records as the main process makes them of its own ends."""
    info = JobExecuteInfo(
        baggage.job, claim.plan_time, baggage.real_time, lambda why: None, claim.run_id,
        baggage.fence, claim.job_revision,
    )  # fmt: skip
    return results.records(claim, results.build_result(info, end), end, "w")


def some(chance: random.Random) -> tuple[Baggage, Ended]:
    """A run and its end, of any kind."""
    claim = replace(
        CLAIM,
        gap=chance.choice([None, Gap(T - 9, T - 3, 2, "missed")]),
        share=chance.choice(["", "2"]),
        attempt=chance.choice([0, 0, 4]),
        manual=chance.choice(["", "x1"]),
        by=chance.choice(["", "né"]),
        caught_up=chance.random() < 0.3,
        command=chance.choice(["echo hi", "old\n" * 2000]),
    )
    job = replace(JOB, command=chance.choice(["echo hi", "é" * 5000, "a\udc80b"]))
    end = replace(
        ended(claim.run_id, chance.choice([SUCCESS, FAILED, LOST, NOT_STARTED])),
        output=chance.choice([b"", b"hi\n", "né".encode(), b"\xff\xfehalf \xc3"]),
        exit_code=chance.choice([None, 0, 1]),
        signal=chance.choice([None, 9]),
        err=chance.choice(["", "exit status 1"]),
        reason=chance.choice(["", "why; and more"]),
        truncated=chance.random() < 0.3,
        cpu_seconds=chance.choice([None, 0.25]),
        peak_memory_bytes=chance.choice([None, 1 << 40]),
        line_times=chance.choice(["", "1*2"]),
    )
    return Baggage(claim, job, 5, 4, T + chance.randrange(1000)), end


@pytest.mark.parametrize("seed", range(60))
def test_both_ways_give_the_same_records(tmp_path: Path, seed: int) -> None:
    (tmp_path / "life").mkdir()
    baggage, end = some(random.Random(seed))
    run_key, records = records_in(spooled(tmp_path, baggage, end), "w")
    assert records == of_the_table(baggage, end, baggage.claim)
    assert run_key == baggage.claim.run_key


def test_what_an_executor_of_a_former_version_told_is_put_right(tmp_path: Path) -> None:
    (tmp_path / "life").mkdir()
    baggage = Baggage(CLAIM, JOB, 5, 4, T)
    told = replace(ENDED, outcome=KILLED, reason=MAIN_GONE)
    assert records_in(spooled(tmp_path, baggage, told), "w")[1][0].outcome == LOST
    told = replace(told, exit_code=None, signal=None, cpu_seconds=None)
    assert records_in(spooled(tmp_path, baggage, told), "w")[1][0].outcome == NOT_STARTED


@pytest.mark.parametrize("context", ["", "{}", "[]", '{"claim": {}, "job": {}, "realTime": 1}'])
def test_an_end_without_a_runs_baggage_is_refused(tmp_path: Path, context: str) -> None:
    (tmp_path / "life").mkdir()
    read = spooled(tmp_path, Baggage(CLAIM, JOB, 5, 4, T), ENDED)
    with pytest.raises(ValueError, match="no run's baggage"):
        records_in(read._replace(context=context), "w")


@pytest.mark.parametrize("told", [{"start_ms": "soon"}, {"run_id": 7}, {"reason": 4}])
def test_an_end_that_nobody_of_ours_wrote_is_refused(
    tmp_path: Path, told: dict[str, object]
) -> None:
    (tmp_path / "life").mkdir()
    read = spooled(tmp_path, Baggage(CLAIM, JOB, 5, 4, T), ENDED)
    odd = read._replace(told={**read.told, "outcome": KILLED, **told})
    with pytest.raises(ValueError, match="of a run"):
        records_in(odd, "w")


def test_what_a_later_version_says_of_an_end_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "life").mkdir()
    read = spooled(tmp_path, Baggage(CLAIM, JOB, 5, 4, T), ENDED)
    more = read._replace(told={**read.told, "mood": "good"})
    assert records_in(more, "w") == records_in(read, "w")
