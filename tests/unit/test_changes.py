"""What lies under /cron/changes/: whatever it is, reading it harms nobody."""

from __future__ import annotations

import json

import pytest

from common.changes import CHANGED, KEPT, PAUSED, JobChange, pack_changes, unpack_changes
from common.watermark import LATEST_MS

CHANGE = JobChange(1, "ann", CHANGED, "@daily", "UTC", fields=("command", "owner"))


def test_what_is_packed_is_read_back() -> None:
    paused = JobChange(2, "", PAUSED, "@daily", None, LATEST_MS, "ein Umzug", ("paused",))
    assert unpack_changes(pack_changes([CHANGE, paused])) == (CHANGE, paused)


def test_only_the_latest_are_kept() -> None:
    many = [JobChange(at, "ann", CHANGED, "@daily") for at in range(KEPT + 5)]
    kept = unpack_changes(pack_changes(many))
    assert [change.at for change in kept] == list(range(5, KEPT + 5))


@pytest.mark.parametrize("value", [b"", b"null", b"{}", b"[[]]", b"\xff", b"7", b"[" * 100_000])
def test_what_is_no_list_of_changes_holds_none(value: bytes) -> None:
    assert unpack_changes(value) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("at", "now"),
        ("at", True),
        ("at", -1),
        ("by", None),
        ("what", "eaten"),
        ("cronExpr", 7),
        ("timezone", 7),
        ("pausedUntil", "tomorrow"),
        ("pausedUntil", LATEST_MS + 1),
        ("reason", None),
        ("fields", "command"),
        ("fields", [1]),
    ],
)
def test_a_malformed_change_is_left_out_and_the_others_are_read(name: str, value: object) -> None:
    good, bad = json.loads(pack_changes([CHANGE, CHANGE]))
    bad[name] = value
    assert unpack_changes(json.dumps([bad, good]).encode()) == (CHANGE,)
