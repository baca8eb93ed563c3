"""Wires: what a daemon's bytes go through on their way to a store, one TCP proxy for each.

A wire can be cut as networks are: bytes that a hole holds come out when it is mended, as TCP
would send them again. All wires of a bench live on one thread with an event loop of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.faults.http2_frames import FrameFilter
from tests.servers.ports import free_port

CHUNK = 65536
_LINGER = struct.pack("ii", 1, 0)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Weather:
    """What a wire does to bytes: `up` goes to the store, `down` comes from it.

    `held`: directions in which nothing moves. `refused`: connections are reset, new ones too.
    `delay` seconds are added to every byte, `rate` bytes pass a second (0: as many as there are).
    `muted`: streams of HTTP/2 that are older than a moment bring no more data, all else passes.
    """

    held: frozenset[str] = frozenset()
    refused: bool = False
    delay: float = 0.0
    rate: float = 0.0
    muted: bool = False


CLEAR = Weather()
HOLE = Weather(held=frozenset({"up", "down"}))
NOTHING_UP = Weather(held=frozenset({"up"}))
NOTHING_DOWN = Weather(held=frozenset({"down"}))
REFUSED = Weather(refused=True)
MUTED = Weather(muted=True)


class Wires:
    """The thread on which wires live; `close` ends it with all their connections."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wires", daemon=True)
        self._thread.start()

    def wire(self, upstream_port: int, http2: bool = False) -> Wire:
        """A new wire to a port of this machine, in clear weather."""
        made = Wire(self, free_port(), upstream_port, http2)
        self.run(made.open())
        return made

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        """Do something on the thread, and wait for it."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(20)

    def close(self) -> None:
        """End all wires and the thread; safe twice."""
        if self._thread.is_alive():
            self.run(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(20)
            self._loop.close()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Wire:
    """One proxy: `set` its weather from any thread; it holds when `set` returns."""

    def __init__(self, wires: Wires, port: int, upstream_port: int, http2: bool) -> None:
        self.port = port
        self._wires = wires
        self._upstream = upstream_port
        self._http2 = http2
        self._weather = CLEAR
        self._changed = asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()
        self._trap = b""
        self.sprung = threading.Event()

    @property
    def endpoint(self) -> str:
        """`host:port` for clients."""
        return f"127.0.0.1:{self.port}"

    def set(self, weather: Weather) -> None:
        """Change the weather for all connections, those of now and later ones."""
        self._wires.run(self._set(weather))

    def reset(self) -> None:
        """Break the connections of now: what a hole holds of them is lost."""
        self._wires.run(self._reset())

    def trap(self, needle: bytes) -> None:
        """Hold the answers as soon as a request with these bytes was passed on; sets `sprung`."""
        self.sprung.clear()
        self._trap = needle

    async def open(self) -> None:
        """Begin to listen; on the wires' thread."""
        await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _set(self, weather: Weather) -> None:
        self._weather = weather
        self._changed.set()
        self._changed = asyncio.Event()
        if weather.refused:
            await self._reset()

    async def _reset(self) -> None:
        for writer in list(self._open):
            _abort(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._through("up")
            ahead, onward = await asyncio.open_connection("127.0.0.1", self._upstream)
            self._open.add(onward)
            if self._weather.refused:
                await self._reset()
            try:
                frames = FrameFilter() if self._http2 else None
                await asyncio.gather(
                    self._pump(reader, onward, "up"), self._pump(ahead, writer, "down", frames)
                )
            finally:
                self._open.discard(onward)
                onward.close()
        except OSError:
            _abort(writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        direction: str,
        frames: FrameFilter | None = None,
    ) -> None:
        """Carry what comes until it ends; bytes on their way do not hold up those behind them."""
        queue: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue()
        carrying = asyncio.ensure_future(self._carry(queue, writer, direction))
        loop = asyncio.get_running_loop()
        try:
            while data := await reader.read(CHUNK):
                if frames:
                    data = frames.feed(data, loop.time(), self._weather.muted)
                queue.put_nowait((loop.time() + self._weather.delay, data))
            queue.put_nowait((loop.time(), None))
            await carrying
        finally:
            carrying.cancel()

    async def _carry(
        self,
        queue: asyncio.Queue[tuple[float, bytes | None]],
        writer: asyncio.StreamWriter,
        way: str,
    ) -> None:
        while True:
            due, data = await queue.get()
            if data is None:
                break
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            await self._through(way)
            if self._weather.rate:
                await asyncio.sleep(len(data) / self._weather.rate)
            writer.write(data)
            await writer.drain()
            if way == "up" and self._trap and self._trap in data:
                self._trap = b""
                await self._set(NOTHING_DOWN)
                self.sprung.set()
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def _through(self, direction: str) -> None:
        while direction in self._weather.held:
            await self._changed.wait()
        if self._weather.refused:
            raise ConnectionResetError


def _abort(writer: asyncio.StreamWriter) -> None:
    """Close a connection by a reset."""
    connection = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    writer.transport.abort()
