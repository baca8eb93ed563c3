"""A run's record as a document, and back."""

import dataclasses

import pytest

from common.errors import InvalidField
from common.record import (
    FIXED,
    NAMES,
    JobLog,
    explained,
    from_document,
    storable,
    to_document,
)

BARE = JobLog("a", "true", "", "", 1, 2, 3, 4)

FULL = JobLog(
    "a",
    "exit 3",
    "exit status 3",
    "said\n",
    1,
    2,
    3,
    4,
    run_id="a@1",
    outcome="failed",
    worker="w1",
    attempt=2,
    trigger="schedule",
    exit_code=3,
    signal=9,
    job_revision=17,
    output_bytes=5,
    truncated=True,
    shortened=True,
    invalid_bytes=1,
    cpu_seconds=0.25,
    peak_memory_bytes=1 << 20,
    read_bytes=512,
    written_bytes=1024,
    reason="told to",
    gap_from=10,
    gap_to=20,
    gap_count=3,
    lost=True,
    by="ann",
    line_times="0*3,120*1",
)


def test_a_bare_record_is_a_document_of_the_eight_fixed_fields_alone() -> None:
    assert to_document(BARE) == {
        "jobName": "a",
        "command": "true",
        "err": "",
        "output": "",
        "planTime": 1,
        "scheduleTime": 2,
        "startTime": 3,
        "endTime": 4,
    }
    assert tuple(to_document(BARE)) == FIXED


@pytest.mark.parametrize("record", [BARE, FULL], ids=["bare", "full"])
def test_a_record_comes_back_from_its_document_as_it_was(record: JobLog) -> None:
    assert from_document(to_document(record)) == record


def test_every_field_of_a_full_record_is_in_its_document_under_its_own_name() -> None:
    called = [NAMES.get(field.name, field.name) for field in dataclasses.fields(JobLog)]
    assert list(to_document(FULL)) == called


def test_an_exit_code_of_zero_says_something_and_is_kept() -> None:
    ended = dataclasses.replace(BARE, exit_code=0)
    assert to_document(ended)["exitCode"] == 0
    assert from_document(to_document(ended)).exit_code == 0


def test_what_is_missing_or_of_another_type_is_read_as_its_default() -> None:
    odd = {"jobName": 5, "startTime": "soon", "exitCode": True, "truncated": 1, "reason": None}
    assert from_document(odd) == JobLog("", "", "", "", 0, 0, 0, 0)


def test_whole_numbers_that_a_shell_stored_as_doubles_are_read() -> None:
    read = from_document({"startTime": 1.7e12, "endTime": 1.5, "planTime": float("inf")})
    assert (read.start_time, read.end_time, read.plan_time) == (1_700_000_000_000, 0, 0)
    assert type(read.start_time) is int
    assert from_document({"cpuSeconds": 2}).cpu_seconds == 2.0


@pytest.mark.parametrize("number", [1e300, -1e300, 2.0**63, float("inf"), float("nan"), 0.5])
def test_a_double_that_is_no_whole_number_of_64_bits_is_none(number: float) -> None:
    read = from_document({"startTime": number, "count": number, "cpuSeconds": number})
    assert (read.start_time, read.gap_count) == (0, None)
    to_document(read)
    assert from_document({"startTime": -(2.0**63)}).start_time == -(2**63)


def test_unknown_fields_are_left_out() -> None:
    assert from_document({**to_document(BARE), "more": "yes"}) == BARE


def test_lone_surrogates_are_written_out_and_other_text_is_left() -> None:
    assert storable("a\udcffb") == "a\\udcffb"
    assert storable("备份 🕰 \x00 \\udcff") == "备份 🕰 \x00 \\udcff"
    assert to_document(dataclasses.replace(BARE, output="\ud800"))["output"] == "\\ud800"


def test_a_number_over_64_bits_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidField, match="startTime: 9223372036854775808 "):
        to_document(dataclasses.replace(BARE, start_time=2**63))
    assert to_document(dataclasses.replace(BARE, start_time=2**63 - 1))


@pytest.mark.parametrize(
    ("err", "reason", "said"),
    [
        ("", "", ""),
        ("exit status 3", "", "exit status 3"),
        ("", "left 1 process, which goes on", "left 1 process, which goes on"),
        ("exit status 3", "left 1 process", "exit status 3; left 1 process"),
        ("signal: killed", "killed on request", "signal: killed; killed on request"),
        ("killed", "killed on request", "killed on request"),
        ("lost: executor 0 died", "executor 0 died", "lost: executor 0 died"),
        ("line 1: a; b", "line 1: a; b; left 1 process", "line 1: a; b; left 1 process"),
        ("only 1 of 2", "no_worker: only 1 of 2", "only 1 of 2"),
    ],
)
def test_a_record_is_explained_by_its_error_and_what_its_reason_says_beyond(
    err: str, reason: str, said: str
) -> None:
    assert explained(err, reason) == said
