"""What lies under a run's key and under a watermark's, and the records made from it."""

import json
from dataclasses import replace

import pytest

from common.errors import InvalidField
from common.owed import Gap, Owed, gap_between, pack, unpack
from common.owed_record import owed_records
from common.record import MISSED
from common.schedule import parse_schedule
from common.watermark import pack_watermark, unpack_watermark

NOON = 1_700_049_600_000  # 2023-11-15 12:00:00 UTC
GAP = Gap(NOON - 2000, NOON - 1000, 2, "nobody was there")
WHOLE = Owed(
    state="ended",
    incarnation="w-1",
    plan_time=NOON,
    attempt=1,
    job_revision=12,
    outcome="failed",
    reason="because",
    gap=GAP,
    start_time=NOON + 3,
    end_time=NOON + 9,
    command="echo 'ü' \ud800",
    err="exit status 3",
    exit_code=3,
    signal=0,
    lost=True,
)


def test_what_is_owed_reads_as_it_was_written() -> None:
    assert unpack(pack(WHOLE)) == WHOLE


def test_a_claim_is_small_and_has_the_agreed_names() -> None:
    value = pack(Owed("running", "w-1", NOON, 0, 12, gap=GAP))
    assert json.loads(value) == {
        "state": "running",
        "incarnation": "w-1",
        "planTime": NOON,
        "attempt": 0,
        "jobRevision": 12,
        "gap": {
            "from": NOON - 2000,
            "to": NOON - 1000,
            "count": 2,
            "reason": "nobody was there",
        },
    }


def test_names_that_are_not_known_are_ignored() -> None:
    document = json.loads(pack(WHOLE)) | {"newer": [1], "gap": None}
    assert unpack(json.dumps(document).encode()).gap is None


@pytest.mark.parametrize(
    "change",
    [
        {"state": "resting"},
        {"state": None},
        {"state": "ended", "outcome": None},
        {"state": "ended", "outcome": ""},
        {"incarnation": 7},
        {"planTime": "now"},
        {"planTime": True},
        {"attempt": 0.5},
        {"lost": 1},
        {"lost": "true"},
        {"jobRevision": None},
        {"gap": []},
        {"gap": {"from": 1, "to": 2}},
        {"startTime": "1"},
        {"planTime": 2**63},
        {"gap": {"from": 1, "to": -(2**63) - 1, "count": 1, "reason": "r"}},
    ],
)
def test_a_foreign_value_is_refused(change: dict[str, object]) -> None:
    document = json.loads(pack(WHOLE)) | change
    with pytest.raises(InvalidField):
        unpack(json.dumps(document).encode())


@pytest.mark.parametrize("value", [b"", b"node1", b"[]", b"\xff"])
def test_what_is_no_json_object_is_refused(value: bytes) -> None:
    with pytest.raises(InvalidField, match="run: "):
        unpack(value)


def test_a_gap_counts_what_lies_strictly_between() -> None:
    schedule = parse_schedule("* * * * * * *")
    assert gap_between(schedule, NOON, NOON + 4000, "r") == Gap(NOON + 1000, NOON + 3000, 3, "r")
    assert gap_between(schedule, NOON, NOON + 1000, "r") is None
    assert gap_between(schedule, NOON, NOON + 2000, "r") == Gap(NOON + 1000, NOON + 1000, 1, "r")


def test_a_gap_of_any_length_is_counted_exactly() -> None:
    schedule = parse_schedule("* * * * * * *")
    days = 400 * 86_400
    until = NOON + days * 1000
    gap = gap_between(schedule, NOON, until, "r")
    assert gap == Gap(NOON + 1000, until - 1000, days - 1, "r")


def test_records_are_made_from_the_key_alone_the_gaps_first() -> None:
    gap, own = owed_records("j", "j@1", WHOLE)
    assert (gap.outcome, gap.gap_from, gap.gap_to, gap.gap_count) == (
        MISSED,
        GAP.first,
        GAP.last,
        2,
    )
    assert gap.start_time == gap.end_time == gap.plan_time == GAP.last
    assert (own.run_id, own.outcome, own.exit_code, own.err) == ("j@1", "failed", 3, WHOLE.err)
    assert (own.plan_time, own.start_time, own.end_time) == (NOON, NOON + 3, NOON + 9)
    assert gap.run_id != own.run_id
    assert owed_records("j", "j@1", WHOLE) == [gap, own]


def test_a_record_from_the_key_alone_says_that_its_output_was_lost_if_there_may_have_been_one() -> (
    None
):
    lost = "its output was lost with what its worker kept on disk"
    for owed, reason in (
        (replace(WHOLE, reason=""), lost),
        (replace(WHOLE, exit_code=None, signal=9, reason="killed"), f"killed; {lost}"),
        (replace(WHOLE, exit_code=None, signal=None, reason="not this one"), "not this one"),
    ):
        assert owed_records("j", "j@1", owed)[-1].reason == reason


def test_a_record_without_a_start_lies_at_its_plan_time() -> None:
    (own,) = owed_records("j", "j@1", Owed("ended", "-", NOON, 0, 1, outcome=MISSED))
    assert (own.start_time, own.end_time) == (NOON, NOON)


def test_a_watermark_is_thirteen_digits() -> None:
    assert pack_watermark(NOON) == b"1700049600000"
    assert pack_watermark(5) == b"0000000000005"
    assert unpack_watermark(b"0000000000005") == 5


@pytest.mark.parametrize(
    "value", [b"", b"5", b"17000496000000", b"170004960000x", b" 170004960000", b"-700049600000"]
)
def test_anything_else_is_no_watermark(value: bytes) -> None:
    with pytest.raises(InvalidField, match="13 digits"):
        unpack_watermark(value)


def test_a_watermark_later_than_any_job_is_due_is_none() -> None:
    assert unpack_watermark(b"4102531200000") == 4_102_531_200_000
    with pytest.raises(InvalidField, match="before 2100"):
        unpack_watermark(b"9999999999999")
