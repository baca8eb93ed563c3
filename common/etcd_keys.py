"""Keys between text and bytes, and the end of a prefix."""

from __future__ import annotations

from common.errors import StoreRefused


def to_bytes(key: str) -> bytes:
    """The key as etcd has it; `StoreRefused` when the text stands for no bytes."""
    try:
        return key.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise StoreRefused(f"{key!r} cannot be a key: it holds half a character") from None


def to_text(key: bytes) -> str:
    """The key as text; bytes that are not UTF-8 become lone surrogates."""
    return key.decode("utf-8", "surrogateescape")


def prefix_end(prefix: bytes) -> bytes:
    """The first key after all that begin with `prefix` (etcd's word for "none" is a zero byte)."""
    stripped = prefix.rstrip(b"\xff")
    if not stripped:
        return b"\0"
    return stripped[:-1] + bytes([stripped[-1] + 1])
