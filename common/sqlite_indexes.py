"""The indexes of the embedded store of records, made where a file was made without them."""

from __future__ import annotations

import json
import sqlite3

from common.search_plan import INDEXES
from common.sqlite_log_table import FIELDS, IS_GAP, dumped

_ORDER = "startTime DESC, run_id"
_LATER_INDEXES = {
    "log_by_plan": "jobName, planTime, run_id",
    "log_gaps": f"jobName, planTime, run_id) WHERE ({IS_GAP}",
    **{
        f"log_{name}": ", ".join([*(FIELDS.get(field, field) for field in fields), _ORDER])
        for name, fields in INDEXES.items()
    },
}
"""Not of the schema, so that a file of an earlier fleetcron gets them too."""


def make_indexes(connection: sqlite3.Connection) -> None:
    """Make those that are missing, which takes long only for a large file."""
    known = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
    missing = _LATER_INDEXES.keys() - {name for (name,) in known}
    if not missing:
        return
    _mend(connection)
    for name in sorted(missing):
        connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON log ({_LATER_INDEXES[name]})")


def _mend(connection: sqlite3.Connection) -> None:
    """Write rows anew whose JSON SQLite does not read, as an earlier fleetcron may have left."""
    broken = connection.execute("SELECT id, more FROM log WHERE NOT json_valid(more)").fetchall()
    for identity, more in broken:
        mended = (dumped(json.loads(more)), identity)
        connection.execute("UPDATE log SET more = ? WHERE id = ?", mended)
