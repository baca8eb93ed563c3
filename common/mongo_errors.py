"""What the error codes of a MongoDB server mean for who writes records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pymongo import errors

USUAL_PORT = 27017
DUPLICATE_KEY = 11000
NOT_AUTHORIZED = 13
NO_COLLECTION = 26
INDEX_OF_ANOTHER_NAME = 85
NO_SUCH_INDEX = {67, INDEX_OF_ANOTHER_NAME, 86}
"""An index cannot be made: too many are there, or one of its name or of its fields."""
_PASSING = {6, 7, 24, 43, 46, 50, 64, 89, 91, 112, 133, 134, 189, 202, 237, 262, 317}
_PASSING |= {9001, 10058, 10107, 11600, 11601, 11602, 13388, 13435, 13436}
"""Codes after which the same may go through: it steps down, shuts down, takes too long.

Source: mongod's error_codes.yml (categories NetworkError, NotPrimaryError, Interruption,
ShutdownError, RetriableError, ExceededTimeLimitError), and WriteConcernFailed.
"""
_NOT_ALLOWED = {11, 13, 18, 31, 33, 334, 8000}
_PASSING_LABELS = ("RetryableWriteError", "TransientTransactionError", "SystemOverloadedError")
_LONGEST_TEXT = 300
_COMMAND = re.compile(r"\b(command) \{ ?['\"]?(\w+)['\"]?:.*", re.DOTALL)
_TIMEOUTS = re.compile(r" \(configured timeouts: [^)]*\)")


def is_passing(code: object) -> bool:
    """Whether the error will pass by itself."""
    return code in _PASSING


def passes(error: Exception) -> bool:
    """Whether the server did not answer in time, or says that it will later."""
    if isinstance(error, errors.ConnectionFailure):
        return True
    labelled = isinstance(error, errors.PyMongoError) and (
        error.timeout or any(error.has_error_label(label) for label in _PASSING_LABELS)
    )
    return labelled or (isinstance(error, errors.OperationFailure) and is_passing(error.code))


def is_about_documents(code: object) -> bool:
    """Whether a request was refused for what is in it, so that a part of it may be taken."""
    return code not in _PASSING and code not in _NOT_ALLOWED


def is_there_already(write_error: Mapping[str, Any]) -> bool:
    """Whether a record was not written because its `_id` is there (no other unique index)."""
    unique = write_error.get("keyPattern", {"_id": 1})
    return write_error.get("code") == DUPLICATE_KEY and list(unique) == ["_id"]


def sentence(said: str, answer: object) -> str:
    """What the server answered, else what the client said, without the state of every server.

    Nor with all of the command that was refused, which may hold records, or our own timeouts.
    """
    text = answer.get("errmsg") if isinstance(answer, Mapping) else None
    told = str(text or said).partition(", Timeout: ")[0]
    return _COMMAND.sub(r"\1 \2", _TIMEOUTS.sub("", told))[:_LONGEST_TEXT]


def named(address: str, text: str) -> str:
    """A sentence that says which server it is about, once."""
    for said in (address, f"{address}:{USUAL_PORT}"):
        text = text.removeprefix(f"{said}: ")
    return f"MongoDB at {address}: {text}"
