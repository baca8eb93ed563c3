"""The messages between a worker's main process and its executors."""

import json
import random
import struct
from dataclasses import replace

import pytest

from common.job import Job
from worker.ends_full import Full
from worker.executor_channel import Frames, frame
from worker.hello import Held, Hello
from worker.live_orders import Follow, Printed
from worker.orders import (
    NEEDS,
    PROTOCOL_VERSION,
    Ack,
    Ended,
    Ends,
    Extend,
    KillRun,
    Message,
    Order,
    Over,
    Retire,
    Started,
)
from worker.orders_wire import decode, encode

ORDER = Order(
    run_id="nightly@1700000000000",
    job=Job(
        "nightly",
        "printf 'ä\n' | tee 備份",
        "",
        shell="/bin/bash",
        timeout_seconds=0.5,
        output_tail_bytes=0,
    ),
    environment={"FLEETCRON_JOB": "nightly", "FLEETCRON_FENCE": "7"},
    start_at=12340.25,
    incarnation="10.0.0.1.0a1b2c3d",
    not_after=12345.678,
    cut_off_seconds=None,
    start_by=float("inf"),
)
ENDED = Ended(
    run_id="nightly@1700000000000",
    outcome="killed",
    exit_code=None,
    signal=15,
    start_ms=1_700_000_000_001,
    end_ms=1_700_000_000_900,
    output=bytes(range(256)) * 3,
    output_bytes=10**12,
    truncated=True,
    err="signal: terminated",
    reason="killed by job kill",
    cpu_seconds=0.25,
)
OVERS = (
    Over("a@1", "success", 0, None, 1, 2, "", "", 8),
    Over("備份@2", "killed", None, 15, 1, 2, "signal: terminated", "killed by \ud800", 700),
)
MESSAGES: list[Message] = [
    Hello(PROTOCOL_VERSION, 1, NEEDS),
    Hello(7, 1, 6, (Held("a@1", "a", 3, 0.5, True, "{}", 47, 1), Held("b@2")), ("c@3", "d@4")),
    ORDER,
    KillRun("a@1", "killed by job kill"),
    replace(ORDER, cut_off_seconds=2.5),
    Extend("10.0.0.1.0a1b2c3d", 12360.25),
    Started("a@1", 4711, 1_700_000_000_000),
    ENDED,
    replace(ENDED, context='{"claim": "備份"}'),
    Ends(3, 1, 8, 1300, OVERS, 7),
    Full(1, "[Errno 28] No space left on device"),
    Full(1),
    Ack(("a@1", "b@2")),
    Follow(("a@1", "b@2")),
    Follow(()),
    Printed("a@1", 10**12, 10**12 + 768, bytes(range(256)) * 3),
    Retire(True),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    assert decode(encode(message)) == message


def test_a_message_is_a_length_a_json_header_and_the_raw_output() -> None:
    data = encode(ENDED)
    (length,) = struct.unpack_from(">I", data)
    kind, header = json.loads(data[4 : 4 + length])
    assert (kind, header["run_id"], "output" in header) == ("Ended", ENDED.run_id, False)
    assert data[4 + length :] == ENDED.output


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_what_a_later_version_says_beside_it_is_ignored(message: Message) -> None:
    data = encode(message)
    (length,) = struct.unpack_from(">I", data)
    kind, header = json.loads(data[4 : 4 + length])
    for told in (header, header.get("job"), *header.get("running", ())):
        if told is not None:
            told["later"] = [1]
    text = json.dumps([kind, header]).encode()
    assert decode(struct.pack(">I", len(text)) + text + data[4 + length :]) == message


def test_what_a_later_version_says_of_an_end_in_short_is_ignored() -> None:
    said = {"part": 3, "turn": 1, "begin": 8, "end": 1300, "over": [[*OVERS[0], "later"]]}
    text = json.dumps(["Ends", said]).encode()
    assert decode(struct.pack(">I", len(text)) + text) == Ends(3, 1, 8, 1300, OVERS[:1])


def test_a_hello_of_an_earlier_version_can_still_be_told_by_its_version() -> None:
    text = b'["Hello",{"version":4,"number":1,"run_ids":["a@1"]}]'
    assert decode(struct.pack(">I", len(text)) + text) == Hello(4, 1, 0)


def test_text_that_utf8_cannot_carry_still_travels() -> None:
    message = KillRun("a@1", "lone \ud800 surrogate")
    assert decode(encode(message)) == message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0",
        b"\0\0\0\xff{}",
        b"\0\0\0\x02[]",
        b'\0\0\0\x09["X", {}]',
        b'\0\0\0\x0e["Started",{}]',
        b'\0\0\0\x38["Ends",{"part":0,"turn":0,"begin":8,"end":9,"over":[[]]}]',
        b"\0\0\0\x02\xff\xfe",
    ],
)
def test_bytes_that_are_no_message_are_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="a message of an executor"):
        decode(data)


def test_a_stream_gives_the_same_messages_wherever_it_is_cut() -> None:
    stream = b"".join(map(frame, MESSAGES * 4))
    rng = random.Random(7)
    for _ in range(30):
        frames, at, heard = Frames(), 0, list[Message]()
        while at < len(stream):
            step = rng.choice((1, 3, 50, 2000))
            heard += frames.feed(stream[at : at + step])
            at += step
        assert heard == MESSAGES * 4
