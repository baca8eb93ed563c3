"""Keys under /cron/ and run ids: what is made is read back, and what is foreign is told apart."""

import pytest

from common import keys
from common.keys import RunName

NAMES = ["a", "a/b", "a@1", "a#1", "a+1", "a!b", "名前", "a/a@1", "x" * 300]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("share", ["", "0", "10.0.0.7:web"])
@pytest.mark.parametrize(("manual", "attempt"), [("", 0), ("f00d", 0), ("", 3), ("f00d", 12)])
def test_a_run_s_key_says_its_job_share_instant_and_attempt(
    name: str, share: str, manual: str, attempt: int
) -> None:
    unit = keys.unit(name, share)
    run_id = keys.run_id(unit, 1_700_000_000_000, manual, attempt)
    assert keys.split_run(keys.run(name, run_id)) == (name, run_id)
    said = RunName(name, share, 1_700_000_000_000, manual, attempt)
    assert keys.read_run_id(name, run_id) == said
    assert said.unit == unit


@pytest.mark.parametrize(
    "rest",
    ["", "a", "a/", "/a@1", "a/b@1", "a/a", "a/a@", "a/a@x", "a/a@1+", "a/a@1!", "a/a@1~2",
     "a/a#@1", "a/a@-1", "a/a@1 ", "a/a@1\n", "a/a@\u0661"],
)  # fmt: skip
def test_what_is_no_run_s_key_is_told_apart(rest: str) -> None:
    assert keys.split_run(f"/cron/runs/{rest}") is None
