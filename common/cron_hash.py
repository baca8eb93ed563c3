"""`H` in a cron expression: a value picked by the job's name, so that jobs spread out.

The rule, field by field: v is the first eight bytes of SHA-256 over "<field's name>:<job's name>",
as a big-endian number, so that each field of a job has one v and all its `H` share it.

  H           low + v % (high - low + 1)
  H(a-b)      a + v % (b - a + 1)
  H/n         every n-th value, from low + v % n to high
  H(a-b)/n    every n-th value, from a + v % n to b

`low` to `high` is the whole field, but for the day of the month 1 to 28, which every month has.
A year cannot be picked. `n` must not be larger than the range it steps through.
"""

import hashlib
import re

from common.cron_fields import DAY, WEEKDAY, YEAR, Kind
from common.cron_text import kinds_of, read_step, read_value, refuse, split_expression

_HASHED = re.compile(r"[hH](?:\(([^()-]+)-([^()-]+)\))?(?:/(.*))?")
_LAST_COMMON_DAY = 28


def expand_hash(expr: str, name: str) -> str:
    """The expression with every `H` replaced by what the job's name picks.

    The same name always picks the same; an expression without `H` comes back unchanged. Raises
    InvalidField("cronExpr", ...) for an `H` that cannot be read.
    """
    texts = split_expression(expr)
    hashed = [
        _expanded_field(*pair, name) for pair in zip(kinds_of(len(texts)), texts, strict=True)
    ]
    return expr if hashed == texts else " ".join(hashed)


def _expanded_field(kind: Kind, text: str, name: str) -> str:
    return ",".join(_expanded_item(kind, item, name) for item in text.split(","))


def _expanded_item(kind: Kind, item: str, name: str) -> str:
    found = _HASHED.fullmatch(item)
    if not found:
        return item
    if kind is YEAR:
        raise refuse(kind.name, f"{item!r}: a year cannot be picked by a hash")
    first, last = _range(kind, found, item)
    picked = _hash(kind, name)
    if found[3] is None:
        return str(first + picked % (last - first + 1))
    step = read_step(kind, found[3], item)
    if step > last - first + 1:
        raise refuse(kind.name, f"the step of {item!r} is larger than its range {first}-{last}")
    start = first + picked % step
    return f"{start}-{last}/{step}" if start < last else str(start)


def _range(kind: Kind, found: re.Match[str], item: str) -> tuple[int, int]:
    """The least and the largest value that an `H` may become."""
    if found[1] is None:
        return kind.low, _LAST_COMMON_DAY if kind is DAY else kind.high
    first, last = (read_value(kind, text, text) for text in (found[1], found[2]))
    if kind is WEEKDAY and last == 0 < first:
        last = 7
    if first > last:
        raise refuse(kind.name, f"the range of {item!r} ends before it begins")
    return first, last


def _hash(kind: Kind, name: str) -> int:
    digest = hashlib.sha256(f"{kind.name}:{name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big")
