"""Every answer has the interface's shape: errno 0 and data, or errno -1 and a sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from common.errors import (
    ClockOff,
    FleetcronError,
    InvalidField,
    LogStoreError,
    LogStoreLost,
    StoreClosed,
    StoreError,
    StoreLost,
)
from common.protocol import build_response
from master.bulk import SavedInPart
from master.request import Refused, Reply, Request
from master.routes import View

log = logging.getLogger(__name__)


def answering(give: Callable[[Request], Any]) -> View:
    """A view that answers HTTP 200 with what `give` gives, or with why it cannot.

    A `Refused` passes: the server answers it with its own status.
    """
    return replying(lambda request: Reply(200, build_response(0, "success", give(request))))


def replying(give: View) -> View:
    """The same for what makes its reply itself, a stream say: only its errors are translated."""

    def view(request: Request) -> Reply:
        try:
            return give(request)
        except Refused:
            raise
        except FleetcronError as error:
            return _refusal(_sentence(request, error), _status(request, error))
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return _refusal("internal error; the master's log says more")

    return view


def _refusal(sentence: str, status: int = 200) -> Reply:
    return Reply(status, build_response(-1, sentence, None))


def _status(request: Request, error: FleetcronError) -> int:
    """The fixed interface answers 200 whatever comes; ours says when it is worth trying again, and
    when it is not.
    """
    if not request.path.startswith("/api/v1/"):
        return 200
    if isinstance(error, ClockOff):
        return 503
    why = error.__cause__ if isinstance(error, SavedInPart) else error
    return 400 if isinstance(why, InvalidField) else 200


def _sentence(request: Request, error: FleetcronError) -> str:
    match error:
        case StoreLost():
            return _unserved(request, f"the store does not answer ({error})")
        case StoreClosed():
            return _unserved(request, "the master is stopping")
        case ClockOff():
            return _unserved(request, str(error))
        case StoreError():
            return _unserved(request, f"the store refused: {error}")
        case LogStoreLost():
            return f"the log store does not answer ({error})"
        case LogStoreError():
            return f"the log store refused: {error}"
    return str(error)


def _unserved(request: Request, why: str) -> str:
    """Add what that means for a change, which the edits only let through when none was made."""
    return why if request.method in ("GET", "HEAD") else f"{why}; nothing was changed"
