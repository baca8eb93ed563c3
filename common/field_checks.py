"""How the value of a job's field is checked: the kinds of value that many fields have.

A check takes the field's name and a value out of JSON, and gives the value to use; it raises
InvalidField with what was expected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from common.errors import InvalidField
from common.strict_json import json_type

Check = Callable[[str, Any], Any]


def text(limit: int, empty: bool = True) -> Check:
    """Text without NUL of at most so many bytes of UTF-8; unless `empty`, with something in it."""

    def check(name: str, value: Any) -> str:
        plain = type(value) is str and value.isascii() and "\0" not in value
        if plain and len(value) <= limit and (empty or value.strip()):
            return str(value)  # as nearly all are, of very many jobs
        if not isinstance(value, str):
            raise InvalidField(name, f"expected text, got {json_type(value)}")
        size = len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
        if size > limit:
            raise InvalidField(name, f"{size} bytes are more than the {limit} allowed")
        if "\0" in value:
            raise InvalidField(name, "a NUL character is not allowed")
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise InvalidField(name, "half of a surrogate pair is not text")
        if not empty and not value.strip():
            raise InvalidField(name, "must not be empty")
        return value

    return check


def number(low: float, high: float, whole: bool = False) -> Check:
    """A number from `low` to `high`, both included."""
    kind = "a whole number" if whole else "a number"

    def check(name: str, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidField(name, f"expected {kind}, got {json_type(value)}")
        if not low <= value <= high or (whole and value != int(value)):
            raise InvalidField(name, f"{str(value)[:40]} is not {kind} from {low} to {high}")
        return int(value) if whole else value

    return check


def one_of(*known: str) -> Check:
    """One of these words."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise InvalidField(name, f"expected one of {', '.join(known)}, got {value!r:.60}")
        return value

    return check


def truth(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidField(name, f"expected true or false, got {json_type(value)}")
    return value
