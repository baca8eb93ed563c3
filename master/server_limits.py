"""How much and how long a client may ask of the server."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on connections, sizes (bytes) and times (seconds, all absolute, none per read).

    `connections` bounds the threads. One address elsewhere gets `connections_per_address` of them;
    on loopback every address is this host's, so there the same number is what strangers may take,
    and the rest is kept for the users who are let in. `idle_seconds` is the wait for the first
    byte of any request, `linger_seconds` that for a refused client to take its answer.

    `streams` bounds the answers that go on, which do not count as connections any more: each piece
    of one has `stream_write_seconds` (`patient_write_seconds` where its client may pause, a pager
    say), and a whole one `stream_seconds`, so that who may see it is asked anew.
    """

    connections: int = 64
    connections_per_address: int = 32
    backlog: int = 128
    head_bytes: int = 32 * 1024
    target_bytes: int = 8 * 1024
    body_bytes: int = 1024 * 1024
    idle_seconds: float = 5.0
    head_seconds: float = 10.0
    body_seconds: float = 30.0
    request_seconds: float = 60.0
    linger_seconds: float = 1.0
    streams: int = 64
    stream_write_seconds: float = 10.0
    patient_write_seconds: float = 600.0
    stream_seconds: float = 3600.0


STANDARD = Limits()
