"""Who else is there: the registrations of workers, as far as they matter for who runs what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from common.errors import InvalidField
from common.labels import registered_labels
from common.strict_json import parse_object


@dataclass(frozen=True, slots=True)
class Member:
    """A registered worker of ours: whether it takes runs at all, and has room for more now.

    `drained` is "" or by whom it was drained, and why, for a sentence.
    Where `unclear` says what is wrong with its labels it runs no job that asks for any. `handed`
    is only this worker's own: how often it handed what waits to an incarnation; so are `short_of`,
    what there is not enough of where it has no room for another reason than its slots, `spool`,
    what is to be said of records that wait, `executors`, what is wrong with these, and `ahead`: it
    was drained, and something that it took before is still to start.
    """

    name: str
    room: bool = True
    draining: bool = False
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    unclear: str = ""
    incarnation: str = ""
    handed: Mapping[str, int] = field(default_factory=dict, hash=False)
    short_of: str = ""
    drained: str = ""
    spool: Mapping[str, int] = field(default_factory=dict, hash=False)
    ahead: bool = False
    executors: str = ""


def read_member(name: str, registration: bytes) -> Member | None:
    """The member of a registration; None for a worker that is not ours (the Go worker's is empty).

    InvalidField for what nobody of ours wrote.
    """
    if not registration:
        return None
    document = parse_object(registration, "registration")
    flags = {key: document.get(key, key == "room") for key in ("room", "draining")}
    for key, value in flags.items():
        if not isinstance(value, bool):
            raise InvalidField(key, "expected true or false")
    known, drained = _text(document, "incarnation"), _text(document, "drained")
    return Member(name, **flags, **_labels(document), incarnation=known, drained=drained)


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""


def _labels(registration: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"labels": registered_labels(registration)}
    except InvalidField as error:
        return {"unclear": str(error)}
