"""What a worker keeps of a job."""

import json

import pytest

from common.errors import InvalidField
from common.job import Job, pack_job
from worker.planned import TERMS, JobReader


def value(name: str, **fields: object) -> bytes:
    """A job's bytes."""
    document = {"name": name, "command": f"echo {name}", "cronExpr": "0 3 * * *"}
    return json.dumps(document | fields).encode()


def test_all_that_matters_for_a_run_comes_back() -> None:
    job = Job(
        "a", "echo hello", "0 3 * * *", timezone="Europe/Paris", overlap="allow", catch_up="all",
        catch_up_limit=3, timeout_seconds=9, cut_off="kill", shell="/bin/bash", argv=("a", "b"),
        user="alice", groups=(), umask="0077", env={"A": "1"}, stdin="text", nice=-5,
    )  # fmt: skip
    assert JobReader("UTC").read("a", pack_job(job), 7, 5).job() == job


def test_a_job_without_a_zone_is_in_the_zone_that_the_reader_was_given() -> None:
    found = JobReader("Asia/Tokyo").read("a", value("a"), 7, 5)
    assert found.schedule.zone == found.job().timezone == "Asia/Tokyo"


def test_jobs_that_ask_for_the_same_share_it_whoever_owns_them() -> None:
    reader = JobReader("UTC")
    one = reader.read("a", value("a", timeoutSeconds=5, owner="x"), 7, 5)
    two = reader.read("b", value("b", timeoutSeconds=5, description="y"), 8, 6)
    other = reader.read("c", value("c", timeoutSeconds=6), 9, 9)
    assert one.terms is two.terms
    assert one.schedule is two.schedule
    assert (other.terms.timeout_seconds, one.terms.timeout_seconds) == (6, 5)


def test_jobs_with_the_same_variables_share_their_terms() -> None:
    reader = JobReader("UTC")
    one, two, other = (
        reader.read(name, value(name, env={"A": text}), 1, 1)
        for name, text in zip("abc", "xxy", strict=True)
    )
    assert one.terms is two.terms
    assert (one.job().env, other.job().env) == ({"A": "x"}, {"A": "y"})


def test_more_terms_than_are_shared_are_each_read_right() -> None:
    reader = JobReader("UTC")
    found = [reader.read("a", value("a", timeoutSeconds=n), 1, 1) for n in range(TERMS + 5)]
    assert [each.job().timeout_seconds for each in found] == list(range(TERMS + 5))


def test_a_job_under_the_key_of_another_is_refused() -> None:
    with pytest.raises(InvalidField, match="not what the key says"):
        JobReader("UTC").read("b", value("a"), 1, 1)
