"""Who asks for a change: as it is told of a pause, a change, a drain or a manual run."""

from __future__ import annotations

from master.request import Request


def asker(request: Request) -> str:
    """The local user's name; of a client elsewhere, whose user nobody knows, its address."""
    return request.user or request.peer[0]
