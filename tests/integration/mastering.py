"""A master under test: its edits with a clock that tests turn, and its calls over real sockets."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from common import keys
from common.config import MasterConfig
from common.constants import (
    AUDIT_DIR,
    CLOCK_DIR,
    KEEPER_CROWDED_KEY,
    KEEPER_KEY,
    KEEPER_STATE_KEY,
    KEEPER_TIME_KEY,
)
from common.log_store import LogStore
from common.owed import Owed, unpack
from common.store import Store
from common.watermark import unpack_watermark
from master.__main__ import build
from master.server import Server

MASTERS_OWN = (
    CLOCK_DIR,
    AUDIT_DIR,
    KEEPER_KEY,
    KEEPER_STATE_KEY,
    KEEPER_TIME_KEY,
    KEEPER_CROWDED_KEY,
)
NOON = 1_700_049_600_000  # 2023-11-15 12:00:00 UTC
EVERY_SECOND = "* * * * * * *"
HOURLY = "0 * * * *"


@dataclass
class TurnedClock:
    """A wall clock that stands where it is put, in epoch ms."""

    ms: int = NOON

    def __call__(self) -> int:
        """What time it is."""
        return self.ms


def a_job(**fields: object) -> dict[str, object]:
    """The fields of a job that is due each hour."""
    return {"name": "a", "command": "true", "cronExpr": HOURLY} | fields


def stored(store: Store, name: str = "a") -> dict[str, object]:
    """A job's JSON as it lies in the store."""
    entry = store.get(keys.job(name))
    assert entry is not None
    document: dict[str, object] = json.loads(entry.value)
    return document


@dataclass(frozen=True)
class Answer:
    """What a call gave: the status of HTTP, and the fields of the Response."""

    status: int
    errno: int
    msg: str
    data: Any
    headers: dict[str, str] = field(default_factory=dict)


class Caller:
    """Calls a master as curl does, one connection for each call."""

    def __init__(self, port: int) -> None:
        """Take the port on 127.0.0.1."""
        self.port = port

    def get(self, path: str, **query: object) -> Answer:
        """GET with a query."""
        return self.send("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, **form: object) -> Answer:
        """POST a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urlencode(form).encode(), kind)

    def save(self, **job: object) -> Answer:
        """POST /job/save with the job's fields."""
        return self.post("/job/save", job=json.dumps(job))

    def post_json(self, path: str, body: object, kind: str = "application/json") -> Answer:
        """POST a JSON body (bytes are sent as they are)."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", path, raw, {"Content-Type": kind})

    def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        """Any request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body or None, headers or {})
            reply = connection.getresponse()
            said = json.loads(reply.read())
            return Answer(reply.status, **said, headers=dict(reply.getheaders()))
        finally:
            connection.close()


def contents(store: Store) -> dict[str, tuple[bytes, int]]:
    """Every key under /cron/ with its value and revision: equal when nothing was changed.

    But for the masters' own: clocks go on, one of them keeps house, and moves the audit.
    """
    entries = store.snapshot("/cron/").entries
    return {e.key: (e.value, e.revision) for e in entries if not e.key.startswith(MASTERS_OWN)}


def watermark(store: Store, name: str) -> int | None:
    """A job's watermark in epoch ms, None when there is none."""
    entry = store.get(keys.fired(name))
    return unpack_watermark(entry.value) if entry else None


def owed_by(store: Store, name: str) -> dict[str, Owed]:
    """What lies under a job's run keys, by run id."""
    prefix = f"/cron/runs/{name}/"
    entries = store.snapshot(prefix).entries
    return {entry.key.removeprefix(prefix): unpack(entry.value) for entry in entries}


@contextmanager
def served(store: Store, logs: LogStore, zone: str = "UTC", **settings: Any) -> Iterator[Caller]:
    """A master of these settings that serves on a free port of loopback until the end."""

    def died(name: str, error: BaseException) -> None:
        raise AssertionError(f"{name} died") from error

    config = MasterConfig(listen="127.0.0.1:0", timezone=zone, **settings)
    parts = build(config, store, logs, died)
    for part in parts:
        part.start()
    try:
        yield Caller(next(part.address[1] for part in parts if isinstance(part, Server)))
    finally:
        for part in parts:
            part.ask()
        assert all(part.join(10) for part in parts)
