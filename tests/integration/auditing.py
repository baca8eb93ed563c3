"""What tests see of the audit: the entries that wait in a store, oldest first."""

from __future__ import annotations

from common.audit import AuditEntry, unpack_entry
from common.constants import AUDIT_DIR
from common.store import Store


def told_of(store: Store) -> list[AuditEntry]:
    """The entries that wait, none of them malformed."""
    entries = [unpack_entry(entry) for entry in store.snapshot(AUDIT_DIR).entries]
    assert all(entries)
    return [entry for entry in entries if entry]
