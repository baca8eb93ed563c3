"""What a log line looks like, and that nothing in a message can forge one."""

import logging
import os
import subprocess
import sys

import pytest

from common import logs

NAME = "tests.unit.test_logs"


def record(message: object, *args: object, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord(NAME, level, __file__, 1, message, args, None)


def failed() -> logging.LogRecord:
    try:
        raise ValueError("first\n<0>second")
    except ValueError:
        return logging.LogRecord(NAME, logging.ERROR, __file__, 1, "broke", (), sys.exc_info())


def test_a_name_with_a_newline_cannot_forge_a_line() -> None:
    line = logs.Lines(logs.priority).format(record("job=%s", "a\n<0>kernel: panic\r\x1b[2J"))
    assert line == f"<6>{NAME}: job=a\\n<0>kernel: panic\\r\\x1b[2J"


@pytest.mark.parametrize(
    ("level", "priority"),
    [
        (logging.DEBUG, 7),
        (logging.INFO, 6),
        (logging.WARNING, 4),
        (logging.ERROR, 3),
        (logging.CRITICAL, 2),
        (logging.INFO + 1, 7),
    ],
)
def test_a_level_has_its_priority_of_syslog(level: int, priority: int) -> None:
    assert logs.Lines(logs.priority).format(record("x", level=level)).startswith(f"<{priority}>")


def test_each_line_of_a_traceback_has_the_priority_and_is_indented() -> None:
    lines = logs.Lines(logs.priority).format(failed()).split("\n")
    assert lines[0] == f"<3>{NAME}: broke"
    assert lines[1] == "<3>  Traceback (most recent call last):"
    assert all(line.startswith("<3>  ") for line in lines[1:])
    assert lines[-1] == "<3>  <0>second"


def test_elsewhere_a_line_has_its_time_in_utc_and_its_level() -> None:
    made = record("hello", level=logging.WARNING)
    made.created = 1.5
    line = logs.Lines(logs.time_and_level).format(made)
    assert line == f"1970-01-01T00:00:01.500Z WARNING {NAME}: hello"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("任务 naïve 🙂", "任务 naïve 🙂"),
        ("tab\tnl\n", "tab\\tnl\\n"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_could_fool_a_terminal_is_made_visible(given: str, shown: str) -> None:
    assert logs.visible(given) == shown


def test_lines_can_keep_their_ends_and_tabs() -> None:
    assert logs.visible("a\n\tb\x07\r", lines=True) == "a\n\tb\\x07\\r"


SAY = (
    "from common import logs; import logging; logs.set_up('info'); logging.getLogger('worker.x').{}"
)


def said(call: str, **environment: str) -> str:
    clean = {k: v for k, v in os.environ.items() if k not in ("JOURNAL_STREAM", "FLEETCRON_LOG")}
    command = [sys.executable, "-c", SAY.format(call)]
    return subprocess.run(
        command, env=clean | environment, stderr=subprocess.PIPE, text=True, check=True
    ).stderr


def test_the_journal_is_known_by_its_stream() -> None:
    reading, writing = os.pipe()
    status = os.fstat(writing)
    with open(reading) as heard:
        subprocess.run(
            [sys.executable, "-c", SAY.format("info('hello')")],
            env={**os.environ, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"},
            stderr=writing,
            check=True,
        )
        os.close(writing)
        assert heard.read() == "<6>worker.x: hello\n"


def test_a_foreign_stream_is_not_the_journal() -> None:
    assert "INFO worker.x: hello" in said("info('hello')", JOURNAL_STREAM="1:2")


def test_the_journals_form_can_be_asked_for() -> None:
    assert said("error('hello')", FLEETCRON_LOG="journal") == "<3>worker.x: hello\n"


def test_what_is_below_the_level_is_not_said() -> None:
    assert said("debug('hello')") == ""


def test_a_library_is_heard_from_warnings_on() -> None:
    code = (
        "from common import logs; import logging; logs.set_up('debug')\n"
        "logging.getLogger('pymongo.command').debug('secret'); logging.getLogger('a').warning('b')"
    )
    ran = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    assert ran.stderr.endswith("WARNING a: b\n")
    assert "secret" not in ran.stderr


def test_several_messages_of_one_record_have_a_line_each_and_none_forges_one() -> None:
    said = record(logs.Several(["one", "two\n<3>bad"]))
    shown = logs.Lines(lambda _: "<6>").format(said)
    assert shown == f"<6>{NAME}: one\n<6>{NAME}: two\\n<3>bad"
    assert said.getMessage() == "one\ntwo\n<3>bad"
