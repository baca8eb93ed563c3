"""What a viewer is shown of a record from some byte on."""

from __future__ import annotations

from typing import Any

import pytest

from master.output_rest import rest

SECRET, MASKED = "one s3cr3t-w0rd\ntwo\nthree\n", "one ***\ntwo\nthree\n"


def shown(record: dict[str, Any], at: int) -> tuple[int, str]:
    """How many bytes a viewer that is at this byte is told to miss, and what it is shown."""
    skipped, text = 0, ""
    for part in rest(record, at):
        skipped += max(0, part.start - at)
        at = part.end
        text += part.output.decode()
    return skipped, text


def test_what_is_beyond_a_byte_is_shown_exactly_where_the_record_has_what_was_printed() -> None:
    record = {"output": "one\nzwö\n", "outputBytes": 9}
    for at, text in ((0, "one\nzwö\n"), (4, "zwö\n"), (8, "\n"), (9, ""), (50, "")):
        assert shown(record, at) == (0, text)


@pytest.mark.parametrize(("at", "least"), [(1, MASKED), (16, "two\nthree\n"), (20, "three\n")])
def test_of_an_output_with_secrets_all_from_a_byte_on_is_shown_and_perhaps_some_more(
    at: int, least: str
) -> None:
    record = {"output": MASKED, "outputBytes": len(SECRET)}
    skipped, text = shown(record, at)
    assert skipped == 0
    assert text.endswith(least[-(len(SECRET) - at) :])
    assert MASKED.endswith(text)
    assert shown(record, len(SECRET)) == (0, "")


def test_of_an_output_that_is_no_text_all_from_a_byte_on_is_shown() -> None:
    printed = b"one\n" + bytes(range(128, 168)) + b"\nlast\n"
    text = printed.decode("utf-8", "replace")
    record = {"output": text, "outputBytes": len(printed), "invalidBytes": 40}
    for at in range(1, len(printed)):
        skipped, seen = shown(record, at)
        assert skipped == 0
        assert text.endswith(seen)
        assert seen.endswith(printed[at:].decode("utf-8", "replace"))


def test_of_an_output_of_which_nothing_was_kept_the_bytes_are_counted() -> None:
    assert shown({"output": "", "outputBytes": 140}, 40) == (100, "")
