"""A part of a run's output as it lies in the store."""

import json
import zlib

import pytest

from common import keys
from common.errors import InvalidField
from common.live_output import MOST_BYTES, LivePart, pack, unpack
from common.store import Entry

RUN = "a/b@1700000000000+1"


def entry(value: bytes, key: str = keys.output(RUN, 7)) -> Entry:
    return Entry(key, value, 1, 1)


@pytest.mark.parametrize("output", [b"", b"one\ntwo\n", bytes(range(256)) * 300])
def test_a_part_comes_back_as_it_was(output: bytes) -> None:
    part = LivePart(7, 7 + len(output), 1_700_000_000_000, output)
    assert unpack(RUN, entry(pack(part))) == part


def test_much_text_is_packed_tighter() -> None:
    assert len(pack(LivePart(0, 65536, 0, b"x" * 65536))) < 1000


@pytest.mark.parametrize("rest", ["", "7", "x" * 16, "c@1/0000000000000007", "00000000000000070"])
def test_a_key_of_another_run_is_none_of_this_ones(rest: str) -> None:
    assert unpack(RUN, entry(b"nonsense", keys.outputs(RUN) + rest)) is None


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"nonsense",
        b"[]\nx",
        b'{"to": 9}\nx',
        b'{"to": 6, "at": 1, "z": 0}\nx',
        b'{"to": true, "at": 1}\nx',
        b'{"to": 9, "at": 1, "z": 1}\nnot packed',
        b'{"to": 9, "at": 1, "z": 1}\n' + zlib.compress(b"x" * 1000)[:-5],
        json.dumps({"to": 9, "at": 1, "z": 1}).encode()
        + b"\n"
        + zlib.compress(bytes(2 * MOST_BYTES)),
    ],
)
def test_what_is_no_part_is_refused(value: bytes) -> None:
    with pytest.raises(InvalidField):
        unpack(RUN, entry(value))
