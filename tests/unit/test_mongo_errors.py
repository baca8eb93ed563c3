"""What is said of an error of MongoDB's: what went wrong, once, and nothing of our own request."""

import pytest

from common.mongo_errors import named, sentence

ADDRESS = "127.0.0.1:27017"
TIMEOUTS = " (configured timeouts: timeoutMS: 5000.0ms, connectTimeoutMS: 5000.0ms)"
REFUSED = f"{ADDRESS}: [Errno 111] Connection refused"
COMMAND = '{ insert: "log", ordered: false, lsid: { id: UUID("0-1") }, $db: "cron" }'


@pytest.mark.parametrize(
    ("said", "answer", "told"),
    [
        (REFUSED + TIMEOUTS, None, "[Errno 111] Connection refused"),
        (
            f"{REFUSED}, Timeout: 5.0s, Topology Description: <T>",
            None,
            "[Errno 111] Connection refused",
        ),
        ("a:1: timed out" + TIMEOUTS + ",b:2: timed out", None, "a:1: timed out,b:2: timed out"),
        (
            "full error: {}",
            {"errmsg": f"not authorized on cron to execute command {COMMAND}"},
            "not authorized on cron to execute command insert",
        ),
        ("full error: {}", {"errmsg": "Authentication failed."}, "Authentication failed."),
        ("the command {count} is none", None, "the command {count} is none"),
    ],
)
def test_an_error_is_told_without_the_command_the_timeouts_and_a_second_address(
    said: str, answer: object, told: str
) -> None:
    assert named(ADDRESS, sentence(said, answer)) == f"MongoDB at {ADDRESS}: {told}"


def test_the_address_stays_where_it_is_not_the_one_that_is_said_already() -> None:
    assert named("db1", "db1:27017: timed out") == "MongoDB at db1: timed out"
    assert named("a:1,b:2", "b:2: timed out") == "MongoDB at a:1,b:2: b:2: timed out"
