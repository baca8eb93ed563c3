"""What a run carries for a later life of its worker: the same is given back, or a refusal."""

import json
from dataclasses import replace

import pytest

from common.job import Job
from common.owed import Gap
from worker.baggage import Baggage, JobTexts, UnreadableBaggage, pack_baggage, unpack_baggage
from worker.claim import Claim

T = 1_800_000_000_000
CLAIM = Claim("a", 3, "echo hi", T - 1, T, "me.1", 7, True, None)
JOB = Job("a", "echo hi", "* * * * *", timezone="UTC", retries=3, kill_grace_seconds=1.5)
PLAIN = Baggage(CLAIM, JOB, 5, 4, T + 9)


@pytest.mark.parametrize(
    "baggage",
    [
        PLAIN,
        replace(PLAIN, claim=replace(CLAIM, gap=Gap(T - 9, T - 3, 2, "missed"), rerun_ms=0)),
        replace(PLAIN, claim=replace(CLAIM, share="2", attempt=4, manual="x", by="né", asked=8)),
        replace(PLAIN, claim=replace(CLAIM, command="echo h"), job=replace(JOB, command="é\n")),
    ],
)
def test_what_is_packed_is_given_back(baggage: Baggage) -> None:
    assert unpack_baggage(pack_baggage(baggage)) == baggage


def test_what_only_describes_a_job_is_not_carried() -> None:
    described = replace(JOB, description="d" * 4096, labels={"a": "b"}, others={"odd": 1})
    assert pack_baggage(replace(PLAIN, job=described)) == pack_baggage(PLAIN)


def test_a_command_is_carried_once() -> None:
    long = "x" * 100_000
    packed = pack_baggage(
        replace(PLAIN, claim=replace(CLAIM, command=long), job=replace(JOB, command=long))
    )
    assert len(packed) < 101_000


def test_what_a_later_version_says_beside_it_is_ignored() -> None:
    said = json.loads(pack_baggage(PLAIN))
    said["new"] = said["claim"]["new"] = said["job"]["new"] = [1]
    assert unpack_baggage(json.dumps(said)) == PLAIN


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "{}", '{"fence":1,"created":1,"realTime":1,"claim":[],"job":{}}', "\ud800"],
)
def test_what_is_no_baggage_is_refused(text: str) -> None:
    with pytest.raises(UnreadableBaggage):
        unpack_baggage(text)


@pytest.mark.parametrize("where", ["fence", "claim.plan_time", "claim.locks", "job.retries"])
def test_a_value_of_another_kind_is_refused(where: str) -> None:
    said = json.loads(pack_baggage(PLAIN))
    *outer, name = where.split(".")
    inner = said[outer[0]] if outer else said
    inner[name] = "many"
    with pytest.raises(UnreadableBaggage):
        unpack_baggage(json.dumps(said))


def test_a_job_that_was_packed_before_is_packed_as_it_is_now() -> None:
    texts = JobTexts()
    for baggage in (PLAIN, PLAIN, replace(PLAIN, job=replace(PLAIN.job, command="other"))):
        assert pack_baggage(baggage, texts.of) == pack_baggage(baggage)
