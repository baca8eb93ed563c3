"""The values of a range in a cron field, as croniter expands them; only this file imports croniter.

croniter sees one checked range at a time, in numbers only. What it reads otherwise than the Go
parser never reaches it: `5-5` (to croniter the whole field), a range that wraps with a step
(`22-2/3`), fields in another order, empty items, `L`, `W`, `#`, and `?` outside the day fields.
"""

from functools import lru_cache

from croniter import CroniterError, croniter

from common.cron_fields import KINDS, Kind, Span
from common.errors import InvalidField

# Where croniter's answer has a field: minute to weekday first, then second, then year.
_PLACES = {kind.name: (place - 1 if 0 < place < 6 else place) for place, kind in enumerate(KINDS)}
_PLACES["second"] = 5


def mask_of(kind: Kind, spans: tuple[Span, ...]) -> int:
    """The values of all spans as a bit mask, bit 0 standing for the field's least value."""
    mask = 0
    for span in spans:
        mask |= _mask(kind, span)
    return mask


@lru_cache(maxsize=4096)
def _mask(kind: Kind, span: Span) -> int:
    if span.first == span.last:
        return 1 << (span.first - kind.low)
    if span.first > span.last:
        return mask_of(kind, _unwrapped(kind, span))
    values = _expanded(kind, f"{span.first}-{span.last}/{span.step}")
    if "*" in values:
        return kind.everything
    return sum(1 << (int(value) - kind.low) for value in values)


def _unwrapped(kind: Kind, span: Span) -> tuple[Span, ...]:
    """The part up to the field's end and the part from its beginning, the step carried over."""
    upper = Span(span.first, kind.high, span.step)
    steps = (kind.high - span.first) // span.step + 1
    again = span.first + steps * span.step - (kind.high - kind.low + 1)
    return (upper, Span(again, span.last, span.step)) if again <= span.last else (upper,)


def _expanded(kind: Kind, text: str) -> list[int | str]:
    """The values of one range, or ["*"] where they are all that the field has."""
    fields = ["*"] * len(KINDS)
    fields[KINDS.index(kind)] = text
    try:
        expanded, _ = croniter.expand(" ".join(fields), second_at_beginning=True)
    except CroniterError as error:
        raise InvalidField("cronExpr", f"{kind.name}: {error}") from error
    values: list[int | str] = expanded[_PLACES[kind.name]]
    return values
