"""`fleetcron explain`: words and instants without a server, one line for each line."""

import json
import random
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import fleetcron
from common.errors import InvalidField
from common.schedule import parse_schedule

BEGIN = 1_767_225_600_000  # 2026-01-01T00:00:00Z


def explain(*arguments: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(fleetcron, ["explain", *arguments], input=given)


def answers(given: bytes, *arguments: str) -> list[dict[str, object]]:
    result = explain("-", "-o", "json", *arguments, given=given)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_expression_is_said_in_words_and_instants() -> None:
    result = explain("30 3 * * *", "--from", "2026-01-01", "--count", "2", "--zone", "Asia/Tokyo")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "at 03:30 every day, Asia/Tokyo",
        "  2026-01-01 03:30:00 +09:00 Asia/Tokyo",
        "  2026-01-02 03:30:00 +09:00 Asia/Tokyo",
    ]


def test_one_expression_in_json_has_text_and_instants() -> None:
    result = explain("@hourly", "--from", str(BEGIN), "--count", "1", "-o", "json")
    assert json.loads(result.stdout)["next"] == [BEGIN + 3_600_000]
    assert json.loads(result.stdout)["text"]


def test_a_schedule_that_ends_says_so() -> None:
    result = explain("0 0 1 1 * 2027", "--from", "2026-01-01")
    assert result.stdout.splitlines()[1:] == ["  2027-01-01 00:00:00 UTC", "  and never again"]


def test_a_wrong_expression_ends_with_a_sentence_that_names_the_field() -> None:
    result = explain("61 * * * *")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: cronExpr: minute: 61")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (str(BEGIN), BEGIN),
        ("-1", -1),
        ("2026-01-01", BEGIN),
        ("2026-01-01T00:00:00Z", BEGIN),
        ("2026-01-01T01:00:00+01:00", BEGIN),
        ("2025-12-31 19:00:00-05:00", BEGIN),
    ],
)
def test_from_takes_iso_and_milliseconds(text: str, expected: int) -> None:
    result = explain("* * * * * * *", f"--from={text}", "--count", "1", "-o", "json")
    assert json.loads(result.stdout)["next"] == [(expected // 1000 + 1) * 1000]


def test_a_time_without_an_offset_is_read_in_the_zone() -> None:
    found = answers(b"* * * * * * *", "--from", "2026-01-01T01:00", "--zone", "Europe/Berlin")
    assert found[0]["next"][0] == BEGIN + 1000  # type: ignore[index]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--zone", "Mars/Base"),
        ("--zone", "../../etc/passwd"),
        ("--from", "yesterday"),
        ("--from", "9" * 30),
        ("--count", "-1"),
        ("-o", "yaml"),
    ],
)
def test_a_wrong_option_is_a_usage_error(option: str, value: str) -> None:
    result = explain("* * * * *", option, value)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_each_line_has_its_answer_and_a_bad_one_ends_nothing() -> None:
    given = b"* * * * *\n\n\xff\xfe\n61 * * * *\r\n" + b"x" * 200_000 + b"\n0 0 30 2 *\n@hourly"
    found = answers(given, "--from", str(BEGIN), "--count", "2")
    assert [sorted(answer) for answer in found] == [
        ["expr", "next"],
        *[["error", "expr"]] * 4,
        *[["expr", "next"]] * 2,
    ]
    assert found[0] == {"expr": "* * * * *", "next": [BEGIN + 60_000, BEGIN + 120_000]}
    assert found[1]["expr"] == ""
    assert found[3]["expr"] == "61 * * * *"
    assert str(found[3]["error"]).startswith("cronExpr: minute: 61")
    assert found[5] == {"expr": "0 0 30 2 *", "next": []}


def test_a_line_in_text_has_its_words_its_instants_or_its_error() -> None:
    given = b"@hourly\n\x1b[2J\n"
    result = explain("-", "--from", str(BEGIN), "--count", "1", given=given)
    first, second = result.stdout.splitlines()
    assert first.startswith("@hourly: every hour")
    assert first.endswith(": 2026-01-01 01:00:00 UTC")
    assert second.startswith("\\x1b[2J: cronExpr: ")


def test_an_h_is_expanded_where_a_name_is_given() -> None:
    assert explain("H 3 * * *").exit_code == 1
    assert explain("H 3 * * *", "--name", "backup").exit_code == 0


def random_field(chance: random.Random, low: int, high: int) -> str:
    a, b = chance.randint(low, high + 1), chance.randint(low, high)
    return chance.choice(["*", "*", str(a), f"{a}-{b}", f"{a},{b}", f"*/{a}", "L", "?", "H", ""])


def random_expression(chance: random.Random) -> str:
    ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
    return " ".join(random_field(chance, low, high) for low, high in ranges)


def test_two_thousand_random_lines_are_answered_as_the_engine_says() -> None:
    chance = random.Random(3)
    lines = [random_expression(chance) for _ in range(2000)]
    found = answers("\n".join(lines).encode(), "--from", str(BEGIN), "--count", "3")
    assert [answer["expr"] for answer in found] == lines
    assert [answer.get("next") or answer.get("error") for answer in found] == [
        engine(line) for line in lines
    ]


def engine(line: str) -> list[int] | str | None:
    try:
        schedule = parse_schedule(line)
    except InvalidField as error:
        return str(error)
    instants: list[int] = []
    while len(instants) < 3 and (due := schedule.next_after((instants or [BEGIN])[-1])):
        instants.append(due)
    return instants or None


def test_an_answer_comes_before_the_next_line_is_given() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "explain", "-", "-o", "json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        for line in (b"@daily\n", b"nonsense\n", b"@hourly\n"):
            asked.stdin.write(line)
            asked.stdin.flush()
            assert json.loads(asked.stdout.readline())["expr"] == line.decode().strip()
        asked.stdin.close()
        assert asked.wait() == 0


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    asked = subprocess.Popen(
        f"yes '* * * * *' | {sys.executable} -m cli explain - | head -1; exit ${{PIPESTATUS[1]}}",
        shell=True,
        executable="/bin/bash",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out, err = asked.communicate()
    assert out.startswith("* * * * *: every minute")
    assert err == ""
    assert asked.returncode == 1
