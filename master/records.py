"""A run's record as an answer shows it."""

from __future__ import annotations

import math
from typing import Any

from common.record import JobLog, to_document


def record_document(record: JobLog, output: bool = True) -> dict[str, Any]:
    """The record's JSON object; without `output` that field is empty (lists of many jobs)."""
    document = to_document(record)
    if not output:
        document["output"] = ""
    # A store may hold NaN, which JSON cannot say.
    return {
        name: value
        for name, value in document.items()
        if not (isinstance(value, float) and not math.isfinite(value))
    }
