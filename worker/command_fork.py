"""The fork and the exec of a command, by what `subprocess.Popen` itself is built upon.

Popen makes a pipe for each child to hear whether it became its program, and reads and closes that.
Our threads have such a pipe each for good; with many threads in one interpreter that makes a spawn
half as dear.
"""

from __future__ import annotations

import _posixsubprocess
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from worker.seat import Seat

NOT_RUN = 255
"""The exit status of a child that could not become its program, after its report."""

_fork_exec: Callable[..., int] = _posixsubprocess.fork_exec
_BY_VFORK = (True,) if sys.version_info < (3, 14) else ()  # later ones know nothing else
_REPORT = b"OSError:"
_BEFORE_EXEC = b"noexec"


def fork(
    words: Sequence[bytes],
    environment: Mapping[bytes, bytes],
    directory: str | None,
    umask: int,
    streams: tuple[int, int],
    descriptors: tuple[int, ...],
    seat: Seat,
) -> int:
    """The pid of a child, by vfork and in a session of its own, that becomes this program.

    `streams` are its stdin, and its stdout and stderr; it inherits `descriptors` beside them.
    OSError and ValueError when there is none; whether it became the program, `failure` says.
    """
    stdin, output = streams
    inherited = tuple(sorted((*descriptors, seat.report))) if descriptors else (seat.report,)
    said = [name + b"=" + value for name, value in environment.items()]
    if b"=" in b"".join(environment):
        raise ValueError("illegal environment variable name")
    seat.cpus.widen()
    try:
        return _fork_exec(
            words, _programs(words[0], environment), True, inherited, directory, said,
            stdin, -1, -1, output, -1, output, seat.reports, seat.report,
            True, True, -1, None, None, None, umask, None, *_BY_VFORK,
        )  # fmt: skip
    finally:
        seat.cpus.settle()


def failure(report: bytes, words: Sequence[bytes], directory: str | None) -> OSError | None:
    """Why a child did not become its program, by its report; None if that is not what it says.

    The error's filename is the program (bytes), or the directory (text) if it cannot be entered.
    """
    if not report.startswith(_REPORT):
        return None
    number, _, where = report[len(_REPORT) :].partition(b":")
    error = int(number, 16)
    entering = where.startswith(_BEFORE_EXEC) and directory is not None
    return OSError(error, os.strerror(error), directory if entering else words[0])


def _programs(word: bytes, environment: Mapping[bytes, bytes]) -> tuple[bytes, ...]:
    """Where it may be: a name without a slash is looked for in the command's own PATH."""
    if b"/" in word:
        return (word,)
    path = environment.get(b"PATH", os.defpath.encode())
    return tuple(os.path.join(folder, word) for folder in path.split(b":"))
