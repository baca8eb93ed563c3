"""The marker of a kill."""

from __future__ import annotations

import pytest

from common.killer import pack_kill, unpack_kill


@pytest.mark.parametrize("run_id", ["", "a@1800000000000", "a#10.0.0.7@1800000000000!0f+2"])
@pytest.mark.parametrize("by", ["", "ann", "10.0.0.9", "Ünïcödé"])
def test_a_kill_is_read_back_as_it_was_written(run_id: str, by: str) -> None:
    assert unpack_kill(pack_kill(run_id, by)) == (run_id, by)


def test_a_kill_of_all_by_nobody_known_is_the_empty_marker_of_the_go_master() -> None:
    assert pack_kill("", "") == b""


@pytest.mark.parametrize("value", [b" \n", b"\n\n\n", b""])
def test_what_names_no_run_means_all_of_them(value: bytes) -> None:
    assert unpack_kill(value)[0] == ""
