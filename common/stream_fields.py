"""How a job's fields about its output and its secrets are checked."""

from __future__ import annotations

import re
from typing import Any

from common.errors import InvalidField
from common.fail_pattern import MAX_PATTERN_BYTES, compiled
from common.strict_json import json_type

MOST_SECRETS = 16
_SECRET = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", re.ASCII)


def exit_codes(name: str, value: Any) -> tuple[int, ...]:
    """A list of 1-64 exit codes, 0-255; in rising order, each once."""
    if not isinstance(value, list | tuple):
        raise InvalidField(name, f"expected a list of exit codes, got {json_type(value)}")
    if not 1 <= len(value) <= 64:
        raise InvalidField(name, f"expected 1 to 64 exit codes, got {len(value)}")
    for code in value:
        number = isinstance(code, int | float) and not isinstance(code, bool)
        if not number or code not in range(256):
            raise InvalidField(name, f"{str(code)[:40]} is not a whole number from 0 to 255")
    return tuple(sorted({int(code) for code in value}))


def fail_pattern(name: str, value: Any) -> str:
    """A pattern of RE2's syntax that is meant for single lines; "" for none."""
    if not isinstance(value, str):
        raise InvalidField(name, f"expected text, got {json_type(value)}")
    size = len(value.encode("utf-8", "surrogatepass"))
    if size > MAX_PATTERN_BYTES:
        raise InvalidField(name, f"{size} bytes are more than the {MAX_PATTERN_BYTES} allowed")
    if value:
        try:
            value.encode()
            compiled(value)
        except UnicodeEncodeError:
            raise InvalidField(name, "half of a surrogate pair is not text") from None
        except ValueError as error:
            raise InvalidField(name, str(error)) from error
    return value


def secret_names(name: str, value: Any) -> tuple[str, ...]:
    """The names of at most 16 files, plain ones, each once."""
    if not isinstance(value, list | tuple):
        raise InvalidField(name, f"expected a list of texts, got {json_type(value)}")
    if len(value) > MOST_SECRETS:
        raise InvalidField(name, f"{len(value)} names are more than the {MOST_SECRETS} allowed")
    for each in value:
        if not isinstance(each, str) or not _SECRET.fullmatch(each):
            raise InvalidField(
                name,
                f"{str(each)[:60]!r} is not a plain file name: 1-128 letters, digits, '.', '_' and"
                " '-', the first of them a letter, a digit or '_'",
            )
    return tuple(dict.fromkeys(value))
