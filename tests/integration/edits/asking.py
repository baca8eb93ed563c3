"""What asks for runs by hand, the workers that may take them up, and what was asked."""

from __future__ import annotations

import json
from collections.abc import Callable

from common import keys
from common.constants import JOB_TRIGGER_DIR
from common.store import Store, put
from common.trigger import Trigger, unpack
from master.run_now import RunNow

Asking = Callable[..., RunNow]


def register(
    store: Store,
    name: str,
    draining: bool = False,
    room: bool = True,
    short_of: str = "",
    **labels: str,
) -> None:
    """A worker's registration."""
    short = {"shortOf": short_of} if short_of else {}
    labels = {"host": f"h-{name}", **labels}
    said = {"draining": draining, "room": room, "labels": labels, **short}
    put(store, keys.worker(name), json.dumps(said).encode())


def triggers(store: Store) -> dict[str, Trigger]:
    """The triggers of the job `a` by identity."""
    prefix = f"{JOB_TRIGGER_DIR}a/"
    entries = store.snapshot(prefix).entries
    return {entry.key.removeprefix(prefix): unpack(entry.value) for entry in entries}
