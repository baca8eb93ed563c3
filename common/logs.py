"""Logging of the daemons and of the command line: to stderr, one line for each message.

Under systemd's journal each line carries its priority instead of a time; control characters in
a message are written as escapes, so that no name or command can forge a line.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6}
DEBUG_PRIORITY = 7
OURS = ("__main__", "cli", "common", "master", "worker")
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_UNPRINTABLE_IN_LINES = re.compile(_UNPRINTABLE.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


def visible(text: str, lines: bool = False) -> str:
    """The text with control, direction and broken characters as escapes.

    Where it is `lines`, these may end and have tabs.
    """
    pattern = _UNPRINTABLE_IN_LINES if lines else _UNPRINTABLE
    return pattern.sub(lambda found: _escape(found.group()), text)


def _escape(character: str) -> str:
    known = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
    code = ord(character)
    return known.get(character) or (rf"\x{code:02x}" if code < 256 else rf"\u{code:04x}")


class Several:
    """Messages that are logged as one record, at little cost, and shown on a line each."""

    __slots__ = ("messages",)

    def __init__(self, messages: Sequence[str]) -> None:
        self.messages = messages

    def __str__(self) -> str:
        """For whoever knows but one message for each record."""
        return "\n".join(self.messages)


class Lines(logging.Formatter):
    """A message on one line, then its traceback; `start` gives what each line begins with."""

    def __init__(self, start: Callable[[logging.LogRecord], str]) -> None:
        super().__init__()
        self._start = start

    def format(self, record: logging.LogRecord) -> str:
        """The lines of a record."""
        more: list[str] = []
        if record.exc_info:
            more += self.formatException(record.exc_info).splitlines()
        if record.stack_info:
            more += self.formatStack(record.stack_info).splitlines()
        several = record.msg.messages if isinstance(record.msg, Several) else None
        start = self._start(record)
        said = [
            f"{start}{record.name}: {visible(message)}"
            for message in several or (record.getMessage(),)
        ]
        return "\n".join([*said, *(f"{start}  {visible(line)}" for line in more)])


def priority(record: logging.LogRecord) -> str:
    """What journald reads at a line's begin: the priority of syslog; the time is the journal's."""
    return f"<{PRIORITIES.get(record.levelno, DEBUG_PRIORITY)}>"


def time_and_level(record: logging.LogRecord) -> str:
    """For people and files: the time in UTC (ISO 8601, to the ms) and the level."""
    time = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
    return f"{time.isoformat(timespec='milliseconds')}Z {record.levelname} "


def set_up(level: str = "info") -> None:
    """Send what is logged at `level` (a name of `logging`) and above to stderr; again: replaces.

    Libraries are heard from WARNING on alone: what they say below may show what jobs printed.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(priority if _to_journal() else time_and_level))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())


def _to_journal() -> bool:
    if os.environ.get("FLEETCRON_LOG") == "journal":
        return True
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        status = os.fstat(2)
    except OSError:
        return False
    return (device, inode) == (str(status.st_dev), str(status.st_ino))
