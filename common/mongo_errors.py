"""What MongoDB and its client say when something goes wrong, in our own words."""

from __future__ import annotations

from typing import Any

from bson.errors import BSONError
from pymongo import errors

from common.errors import LogStoreError, LogStoreLost, LogStoreRefused

FOREIGN_ERRORS = (errors.PyMongoError, BSONError)
DUPLICATE_KEY = 11000
_PASSING = {6, 7, 24, 43, 46, 50, 64, 89, 91, 112, 133, 134, 189, 202, 237, 262, 317}
_PASSING |= {9001, 10058, 10107, 11600, 11601, 11602, 13388, 13435, 13436}
"""Server error codes after which the same may go through: steps down, shuts down, takes too long.

Source: mongod's error_codes.yml (categories NetworkError, NotPrimaryError, Interruption,
ShutdownError, RetriableError, ExceededTimeLimitError), and WriteConcernFailed.
"""
_NOT_ALLOWED = {11, 13, 18, 31, 33, 334, 8000}
"""Codes that mean us or our way of writing, and no single record."""
_PASSING_LABELS = ("RetryableWriteError", "TransientTransactionError", "SystemOverloadedError")
_LONGEST_TEXT = 300


def translation(error: Exception, address: str) -> LogStoreError:
    """Lost when the server did not answer in time or says that it will later, else refused."""
    raised = LogStoreLost if _passes(error) else LogStoreRefused
    return raised(f"MongoDB at {address}: {_text(error)}")


def is_about_documents(error: errors.OperationFailure) -> bool:
    """Whether a request was refused for what is in it, and others may be taken."""
    return not _passes(error) and error.code not in _NOT_ALLOWED


def is_there_already(write_error: dict[str, Any]) -> bool:
    """Whether a record was not written because its `_id` is there (no other unique index)."""
    unique = write_error.get("keyPattern", {"_id": 1})
    return write_error.get("code") == DUPLICATE_KEY and list(unique) == ["_id"]


def is_passing(server_error: dict[str, Any]) -> bool:
    """Whether an error within an answer will pass by itself."""
    return server_error.get("code") in _PASSING


def _passes(error: Exception) -> bool:
    if isinstance(error, errors.ConnectionFailure):
        return True
    if isinstance(error, errors.OperationFailure):
        labelled = any(error.has_error_label(label) for label in _PASSING_LABELS)
        return error.timeout or labelled or error.code in _PASSING
    return isinstance(error, errors.PyMongoError) and error.timeout


def _text(error: Exception) -> str:
    """One sentence: pymongo appends the whole answer, and the state of every server."""
    details = getattr(error, "details", None)
    said = details.get("errmsg") if isinstance(details, dict) else None
    return str(said or error).partition(", Timeout: ")[0][:_LONGEST_TEXT]
