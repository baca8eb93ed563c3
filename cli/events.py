"""What a master sends as it happens: server-sent events, read line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any


def events(lines: Iterable[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The kind and the data of each event; comments and what is not known are left out."""
    kind, data = "", ""
    for line in lines:
        name, _, value = line.decode("utf-8", "replace").rstrip("\r\n").partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            data += value
        elif not name and not value:
            if kind and data:
                yield kind, json.loads(data)
            kind, data = "", ""
