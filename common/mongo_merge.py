"""What a record that comes for a run id already there does to MongoDB's document of it.

Each is one atomic update that may be made again and in any order with others: the document then
is what `common.log_store.merged` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from common.record import FIXED, NAMES, JobLog

Update = tuple[dict[str, Any], dict[str, Any]]
"""Which document, and what is changed of it."""

FROM_THE_KEY: Mapping[str, Any] = {"worker": None}
"""Matches documents without a worker, whose own word may still come."""
_KEPT = {*FIXED, "runId", "lost"}
_OURS = {NAMES.get(field.name, field.name) for field in fields(JobLog)}


def replacing(came: Mapping[str, Any]) -> Update:
    """Put a worker's own word in the place of what was made from the key alone; the mark stays."""
    named = {name: value for name, value in came.items() if name != "_id"}
    gone = dict.fromkeys(sorted(_OURS - _KEPT - set(named)), "")
    return {"_id": came["_id"], **FROM_THE_KEY}, {"$set": named, "$unset": gone}


def marking(came: Mapping[str, Any]) -> Update:
    """Mark the run as lost, whoever's word its record is."""
    return {"_id": came["_id"]}, {"$set": {"lost": True}}
