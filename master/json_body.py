"""A JSON body as what its fields mean; InvalidField names the one that is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from common.errors import InvalidField
from common.strict_json import json_type, parse_object
from master.inputs import only
from master.request import Refused, Request


def require_json(request: Request) -> None:
    """Return where the request says that its body is JSON; else it is Refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "expected a body of Content-Type application/json")


def json_body(request: Request, known: Collection[str]) -> Mapping[str, Any]:
    """The object of a body of application/json: its fields are `known` and come once, or are
    refused by name.
    """
    require_json(request)
    document = parse_object(request.body, "body", once=True)
    only(document, known)
    return document


def text(document: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A text; refused where it is missing or empty and has no default."""
    value = document.get(name)
    if value is None or value == "":
        if default is None:
            raise InvalidField(name, "is missing")
        return default
    if not isinstance(value, str):
        raise InvalidField(name, f"expected text, got {json_type(value)}")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidField(name, "half of a surrogate pair is not text")
    return value


def chosen(document: Mapping[str, Any], name: str) -> str:
    """A text that narrows what is asked for; "" where it is left out.

    One that is empty is refused: whoever meant something by it does not mean everything.
    """
    if document.get(name) == "":
        raise InvalidField(name, "must not be empty; left out it means all")
    return text(document, name, "")


def seconds(document: Mapping[str, Any], name: str, default: float, most: float) -> float:
    """A number of seconds from 0 to `most`."""
    value = document.get(name)
    if value is None:
        return default
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidField(name, f"expected a number, got {json_type(value)}")
    if not 0 <= value <= most:
        raise InvalidField(name, f"expected seconds from 0 to {most:g}")
    return float(value)
