"""What the helper reports of a step that failed, as a sentence."""

from __future__ import annotations

import errno
import grp
import os
import pwd
from collections.abc import Callable

from worker.exhaustion import exhausted

NOT_STARTED = 127
"""The helper's exit status when it has reported; a shell has it for a command not found."""

_LIMITS = {
    0: "CPU time", 1: "file size", 2: "data", 3: "stack", 4: "core size", 6: "processes",
    7: "open files (limitOpenFiles)", 8: "locked memory", 9: "memory (limitMemoryBytes)",
}  # fmt: skip


def sentence(report: bytes) -> str:
    """What went wrong, for "could not start: ..."; any bytes that are no report are shown."""
    text = report.decode("utf-8", "replace")
    number, _, step = text.partition(" ")
    letter, value = step[:1], step[1:]
    if not number.isdecimal() or not letter:
        return f"the helper failed: {text!r}"
    if letter == "b":
        return no_interpreter(value)
    if letter == "x":
        return not_run(value, int(number))
    doing = _STEPS[letter](value) if letter in _STEPS else f"step {step}"
    may = _MAY[letter] if int(number) in (errno.EACCES, errno.EPERM) and letter in _MAY else ""
    return f"{doing}: {may}{os.strerror(int(number))}"


def not_run(program: str, number: int) -> str:
    """Why execve(2) did not take this program, by its error number."""
    why = os.strerror(number)
    if said := exhausted(number):
        return said
    if number == errno.E2BIG:
        return f"its arguments and environment are too large together: {why}"
    if number == errno.ENOENT and "/" not in program:
        return f"{program}: not found in its PATH"
    if number == errno.EACCES:
        return f"{program}: may not be executed: {why}"
    if number == errno.ENOEXEC:
        return f"{program}: neither a program nor a script that begins with #!: {why}"
    return f"{program}: {why}"


def no_interpreter(program: str) -> str:
    """What is said of a program that is there while the interpreter that it names is not."""
    return f"{program}: the interpreter that it names is not there"


def _user(value: str) -> str:
    try:
        return f"switching to user {pwd.getpwuid(int(value)).pw_name}"
    except (KeyError, ValueError):
        return f"switching to user {value}"


def _group(value: str) -> str:
    try:
        return f"switching to group {grp.getgrgid(int(value)).gr_name}"
    except (KeyError, ValueError):
        return f"switching to group {value}"


def _limit(value: str) -> str:
    resource, _, limits = value.partition(":")
    name = _LIMITS.get(int(resource) if resource.isdecimal() else -1, f"resource {resource}")
    return f"limiting {name} to {limits.partition(':')[0]}"


_STEPS: dict[str, Callable[[str], str]] = {
    "r": lambda _: "preparing its report",
    "c": lambda value: f"joining the cgroup of {value}",
    "C": lambda _: "joining its cgroup",
    "o": lambda value: f"setting oom_score_adj to {value}",
    "l": _limit,
    "n": lambda value: f"nice {value}",
    "i": lambda _: "ioClass",
    "G": lambda _: "setting its supplementary groups",
    "g": _group,
    "u": _user,
    "d": lambda value: f"cwd {value}",
    "h": lambda value: f"home {value}",
}
_MAY = {
    "n": "only root may have less than the worker, or who has a limit that lets it (LimitNICE=): ",
    "i": "only root may have realtime: ",
    "l": "the worker itself may not have so much: ",
}
"""What is needed for a step that was not permitted."""
