"""The fields that say as whom a command runs, and what it finds around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from common.errors import InvalidField
from common.field_checks import Check, number, one_of, text
from common.strict_json import json_type

MAX_COMMAND_BYTES = 100_000
"""Linux takes at most 131,072 bytes in one argument of execve; the shell's `-c` is one."""
MAX_ARGUMENT_BYTES = 131_071
"""Linux takes no more in one argument, or in one variable with its name, of execve."""
MAX_STDIN_BYTES = 65_536
MAX_PATH_BYTES = 4095
MAX_NAME_BYTES = 256
MOST_WORDS, MOST_VARIABLES, MOST_GROUPS = 10_000, 1000, 256
OUR_PREFIX = "FLEETCRON_"
UMASK = re.compile(r"0?[0-7]{3}", re.ASCII)
IO_CLASSES = ("none", "realtime", "best-effort", "idle")

_any_text = text(1 << 20)


def _absolute(limit: int, empty: bool) -> Check:
    def check(name: str, value: Any) -> str:
        path: str = text(limit, empty)(name, value)
        if path and not path.startswith("/"):
            raise InvalidField(name, f"expected an absolute path, got {path!r:.60}")
        return path

    return check


shell = _absolute(1024, empty=False)


def _texts(name: str, value: Any, most: int, each: Check) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise InvalidField(name, f"expected a list of texts, got {json_type(value)}")
    if len(value) > most:
        raise InvalidField(name, f"{len(value)} are more than the {most} allowed")
    return tuple(each(name, item) for item in value)


def _argument(name: str, value: Any) -> str:
    word: str = _any_text(name, value)
    if (size := len(word.encode())) > MAX_ARGUMENT_BYTES:
        raise InvalidField(
            name, f"{size} bytes are too large for one argument: at most {MAX_ARGUMENT_BYTES}"
        )
    return word


def _word(name: str, value: Any) -> str:
    word: str = _any_text(name, value)
    if (size := len(word.encode())) > MAX_ARGUMENT_BYTES:
        all_may = f"the {MAX_COMMAND_BYTES} that all may have as a command"
        raise InvalidField(name, f"{size} bytes in one word are more than {all_may}")
    return word


def _argv(name: str, value: Any) -> tuple[str, ...]:
    words = _texts(name, value, MOST_WORDS, _word)
    if not words or not words[0].strip():
        raise InvalidField(name, "must begin with the program to run")
    return words


def _groups(name: str, value: Any) -> tuple[str, ...]:
    return _texts(name, value, MOST_GROUPS, text(MAX_NAME_BYTES, empty=False))


def _umask(name: str, value: Any) -> str:
    mask: str = text(4)(name, value)
    if not UMASK.fullmatch(mask):
        raise InvalidField(name, f"expected three octal digits as in '0022', got {mask!r}")
    return mask.rjust(4, "0")


def _env(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidField(name, f"expected names with texts, got {json_type(value)}")
    if len(value) > MOST_VARIABLES:
        raise InvalidField(name, f"{len(value)} are more than the {MOST_VARIABLES} allowed")
    for variable, content in value.items():
        _variable(name, variable, content)
    return dict(value)


def _variable(name: str, variable: str, content: Any) -> None:
    said = f"{variable!r:.60}"
    if not variable or "=" in variable or "\0" in variable:
        raise InvalidField(name, f"{said} is no name: it must not be empty nor have '=' or NUL")
    if variable.startswith(OUR_PREFIX):
        raise InvalidField(name, f"{said}: names with {OUR_PREFIX} are told by the worker")
    try:
        _argument(name, variable)
        size = len(f"{variable}={_argument(name, content)}".encode())
    except InvalidField as error:
        raise InvalidField(name, f"{said}: {error.reason}") from error
    if size > MAX_ARGUMENT_BYTES:
        raise InvalidField(name, f"{said}: {size} bytes are more than {MAX_ARGUMENT_BYTES}")


SURROUNDINGS: Mapping[str, tuple[str, Check]] = {
    "argv": ("argv", _argv),
    "stdin": ("stdin", text(MAX_STDIN_BYTES)),
    "user": ("user", text(MAX_NAME_BYTES)),
    "group": ("group", text(MAX_NAME_BYTES)),
    "groups": ("groups", _groups),
    "umask": ("umask", _umask),
    "cwd": ("cwd", _absolute(MAX_PATH_BYTES, empty=True)),
    "env": ("env", _env),
    "nice": ("nice", number(-20, 19, whole=True)),
    "ioClass": ("io_class", one_of(*IO_CLASSES)),
    "ioPriority": ("io_priority", number(0, 7, whole=True)),
}
"""JSON name of each: its name in `Job`, and its check."""
