"""JSON as it comes from outside, read strictly, with sentences about what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from common.errors import InvalidField

MOST_DIGITS = 4000
"""Less than Python itself gives up at, in other words."""


def json_type(value: Any) -> str:
    """What JSON calls a value's type, for sentences."""
    if isinstance(value, bool):
        return "true or false"
    kinds = {dict: "an object", list: "a list", str: "text", int: "a number", float: "a number"}
    return kinds.get(type(value), "null")


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number of {len(text)} digits is too long")
    return int(text)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = first_twice(name for name, _ in pairs)
        raise InvalidField((twice or "")[:140], "comes twice")
    return found


def first_twice(names: Iterable[str]) -> str | None:
    """The first name that has come before; None where each comes once."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


_decode = json.JSONDecoder(parse_constant=_no_constant).decode
_decode_once = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_each_once).decode


def parse_json(text: bytes | str, what: str, once: bool = False) -> Any:
    """A JSON value, strictly: UTF-8, no NaN; InvalidField names `what` was wrong.

    With `once` a name that comes twice in an object is refused; else the last one counts.
    """
    decode = _decode_once if once else _decode
    try:
        return decode(text if isinstance(text, str) else text.decode())
    except (ValueError, RecursionError):
        return _parse_slowly(text, what, _each_once if once else None)


def _parse_slowly(
    text: bytes | str, what: str, pairs: Callable[[list[tuple[str, Any]]], Any] | None
) -> Any:
    """What only the module's own function reads (a byte order mark), and why nobody can."""
    try:
        return json.loads(
            text, parse_constant=_no_constant, parse_int=_whole, object_pairs_hook=pairs
        )
    except RecursionError as error:
        raise InvalidField(what, "not valid JSON: it is nested too deeply") from error
    except ValueError as error:
        raise InvalidField(what, f"not valid JSON: {error}") from error


def parse_object(text: bytes | str, what: str = "job", once: bool = False) -> dict[str, Any]:
    """A JSON object, read as strictly; InvalidField names `what` was wrong."""
    value = parse_json(text, what, once)
    if not isinstance(value, dict):
        raise InvalidField(what, f"expected a JSON object, got {json_type(value)}")
    return value
