"""How far a watched prefix has been followed."""

from __future__ import annotations

from typing import Any

from common.etcd_keys import prefix_end, to_bytes, to_text
from common.etcd_protocol import DELETE_EVENT, WatchCreateRequest, WatchRequest
from common.etcd_transaction import entry_of
from common.store import Change, Changes, Snapshot


class Place:
    """One prefix and the revision up to which its receiver knows everything, None if nothing."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.revision: int | None = None

    def listed(self, snapshot: Snapshot) -> None:
        """All is known up to the snapshot's revision."""
        self.revision = snapshot.revision

    def progressed(self, revision: int) -> None:
        """All is known up to this revision, since nothing happened; an older one says nothing."""
        if self.revision is not None:
            self.revision = max(self.revision, revision)

    def forget(self) -> None:
        """What is known can no longer be continued: it has to be listed anew."""
        self.revision = None

    def request(self) -> Any:
        """The request for a watch that goes on where we are."""
        key = to_bytes(self.prefix)
        create = WatchCreateRequest(
            key=key,
            range_end=prefix_end(key),
            start_revision=(self.revision or 0) + 1,
            progress_notify=True,
        )
        return WatchRequest(create_request=create)

    def changes(self, events: Any) -> Changes | None:
        """The events that are news, and all is known up to the last of them.

        Members older than 3.5.8 may send events twice after a reconnect. One answer never holds a
        part of a revision, so that the last one's revision is known whole; the revision in the
        answer's header is not, when more events of the past are still to come.
        """
        known = self.revision or 0
        news = tuple(_change(event) for event in events if event.kv.mod_revision > known)
        if not news:
            return None
        self.revision = news[-1].revision
        return Changes(self.prefix, news)


def _change(event: Any) -> Change:
    """One event in the store's terms."""
    gone = event.type == DELETE_EVENT
    key, revision = to_text(event.kv.key), event.kv.mod_revision
    return Change(key, revision, None if gone else entry_of(event.kv))
