"""Who else is there: the registrations of workers, as far as they matter for who runs what."""

from __future__ import annotations

from dataclasses import dataclass

from common.errors import InvalidField
from common.strict_json import parse_object


@dataclass(frozen=True, slots=True)
class Member:
    """A registered worker of ours: whether it takes runs at all, and has room for more now."""

    name: str
    room: bool = True
    draining: bool = False


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
    return Member(name, **flags)
