"""One viewer of a run: what is sent to it, in order, from the byte that it has seen last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from common.live_output import LivePart
from master.broadcast import Broadcast
from master.output_rest import cut, rest
from master.request import Sink
from master.sse import PING, RETRY, event

LOOK_SECONDS = 2.0
"""So soon it is noticed that a viewer has gone."""
PING_SECONDS = 15.0


class Viewing:
    """Belongs to its connection's thread. `now` gives seconds that no step of a clock moves."""

    def __init__(self, sink: Sink, at: int, now: Callable[[], float]) -> None:
        self._sink, self._at, self._now = sink, at, now
        self._said: dict[str, Any] = {}
        self._sent_at = now()
        self._send(RETRY)

    def follow(self, broadcast: Broadcast) -> None:
        """Send all that comes, until the run is over, or the viewer or its time."""
        self._sink.call_when_over(broadcast.wake)
        version = -1
        while not (self._sink.is_over or self._sink.is_gone):
            seen = broadcast.glance(self._at, version, LOOK_SECONDS)
            version = seen.version
            self._show(seen.parts)
            if seen.state.get("record"):
                self.end(seen.state)
                return
            if seen.state:
                self._tell(seen.state)
            if seen.broke:
                return
            if self._now() - self._sent_at >= PING_SECONDS:
                self._send(PING)

    def end(self, state: dict[str, Any]) -> None:
        """The run is over: send what of its record was not seen yet, and how it ended."""
        record = state["record"]
        self._show(rest(record, self._at))
        self._send(event("end", {**state, "record": {**record, "output": "", "lineTimes": ""}}))

    def _show(self, parts: Iterable[LivePart]) -> None:
        for whole in parts:
            part = cut(whole, self._at)
            if part is None:
                continue
            skipped = max(0, part.start - self._at)
            text = part.output.decode("utf-8", "replace")
            said = {"from": part.start, "to": part.end, "skipped": skipped, "at": part.at_ms}
            self._at = part.end
            self._send(event("output", {**said, "text": text}, self._at))

    def _tell(self, state: dict[str, Any]) -> None:
        said = {name: state[name] for name in ("runId", "state", "worker", "text", "live")}
        if said != self._said:
            self._said = said
            self._send(event("state", said))

    def _send(self, data: bytes) -> None:
        self._sink.write(data)
        self._sent_at = self._now()
