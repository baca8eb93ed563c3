"""Server-sent events: the text of each."""

from __future__ import annotations

import json
from typing import Any

CONTENT_TYPE = "text/event-stream; charset=utf-8"
PING = b": ping\n\n"
RETRY = b"retry: 3000\n\n"
"""So many ms later a page asks again whose stream ended, or broke."""


def event(kind: str, data: Any, identity: int | None = None) -> bytes:
    """An event; with an identity a page that asks again names the last that it has seen."""
    line = f"id: {identity}\n" if identity is not None else ""
    return f"event: {kind}\n{line}data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
