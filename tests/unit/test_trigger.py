"""Triggers as they are stored."""

from __future__ import annotations

import pytest

from common import keys
from common.errors import InvalidField
from common.trigger import Trigger, pack, split_trigger, unpack

T = 1_800_000_000_000


@pytest.mark.parametrize(
    "trigger",
    [
        Trigger(T, T + 1),
        Trigger(T, T + 1, "anna", worker="10.0.0.7:b", share="10.0.0.7:b"),
        Trigger(T, T + 1, "Ünïcödé 🕰", host="db7", share="2"),
    ],
)
def test_a_trigger_is_read_back_as_it_was_written(trigger: Trigger) -> None:
    assert unpack(pack(trigger)) == trigger


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (b"", "trigger"),
        (b"[]", "trigger"),
        (b"\xff", "trigger"),
        (b'{"at": 1}', "until: expected epoch milliseconds, got null"),
        (b'{"at": true, "until": 2}', "at: expected epoch milliseconds"),
        (b'{"at": -1, "until": 2}', "at: expected epoch milliseconds"),
        (b'{"at": 1e400, "until": 2}', "at: expected epoch milliseconds"),
        (b'{"at": 1, "until": 99999999999999}', "until: expected epoch milliseconds"),
        (b'{"at": 1, "until": 2, "worker": 7}', "worker: expected text, got"),
        (b'{"at": 1, "until": 2, "share": "a@1"}', "share: expected a share's name"),
    ],
)
def test_what_is_no_trigger_is_refused(value: bytes, problem: str) -> None:
    with pytest.raises(InvalidField, match=problem):
        unpack(value)


def test_its_run_id_is_known_before_anybody_takes_it_up() -> None:
    assert Trigger(T, T).run_id("a", "0f") == f"a@{T}!0f"
    assert Trigger(T, T, share="w1").run_id("a", "0f") == f"a#w1@{T}!0f"


@pytest.mark.parametrize("name", ["a", "a/b", "备份"])
def test_a_key_says_which_job_and_which_trigger(name: str) -> None:
    assert split_trigger(keys.trigger(name, "0f12ab34")) == (name, "0f12ab34")


@pytest.mark.parametrize("rest", ["a", "", "/", "/0f", "a/", "a/x!y", "a/" + "0" * 40, "a/ü"])
def test_a_key_of_another_kind_is_refused(rest: str) -> None:
    with pytest.raises(InvalidField, match="names no trigger"):
        split_trigger("/cron/trigger/" + rest)
