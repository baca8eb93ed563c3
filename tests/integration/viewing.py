"""A viewer of a run, as a page has it: the events of GET /api/v1/output as they come."""

from __future__ import annotations

import http.client
import json
import queue
import socket
import threading
from typing import Any
from urllib.parse import urlencode

Event = tuple[str, str, dict[str, Any]]
"""The kind, the id ("" for none) and the data."""


class Viewer:
    """Reads events on a thread of its own; the last thing heard is None, once the stream ends."""

    def __init__(self, port: int, run_id: str, last_seen: str = "", **query: object) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Last-Event-ID": last_seen} if last_seen else {}
        path = f"/api/v1/output?{urlencode({'id': run_id, **query})}"
        connection.request("GET", path, headers=headers)
        self._sock = connection.sock
        self.reply = connection.getresponse()
        self.kind = self.reply.headers["Content-Type"]
        self.text = ""
        self.skipped = 0
        self.at = 0
        self.states: list[dict[str, Any]] = []
        self.end: dict[str, Any] | None = None
        self.retry = False
        self._heard: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def hear(self) -> Event | None:
        """The next event, taken in; None once the stream has ended."""
        event = self._heard.get(timeout=60)
        if event is None:
            return None
        kind, identity, data = event
        if kind == "output":
            self.text += data["text"]
            self.skipped += data["skipped"]
            self.at = data["to"]
            assert identity == str(data["to"])
        elif kind == "state":
            self.states.append(data)
        elif kind == "end":
            self.end = data
        return event

    def until_text(self, text: str) -> None:
        """Hear until so much was shown."""
        while self.text != text:
            assert len(self.text) < len(text), self.text
            assert self.hear(), self.text

    def until_state(self, text: str) -> None:
        """Hear until a state says so."""
        while not (self.states and text in self.states[-1]["text"]):
            assert self.hear()

    def to_end(self) -> str:
        """Hear all that comes; what was shown."""
        while self.hear():
            pass
        return self.text

    def leave(self) -> None:
        """Go away."""
        self._sock.shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        try:
            fields = {"event": "", "id": "", "data": ""}
            while line := self.reply.readline():
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name in fields:
                    fields[name] = value
                elif name == "retry":
                    self.retry = True
                elif not name and not value and fields["event"]:
                    self._heard.put((fields["event"], fields["id"], json.loads(fields["data"])))
                    fields = {"event": "", "id": "", "data": ""}
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # It has gone, or the server has.
        self._heard.put(None)
