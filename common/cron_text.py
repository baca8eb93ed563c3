"""From the text of a cron expression to its seven fields; what cannot be read is refused here.

5 fields are minute, hour, day of month, month, weekday; 6 are those and a year; 7 have a second in
front and a year at the end. Items of a field: `*`, `?`, `5`, `5-9`, `*/2`, `5/2`, `5-9/2`, names of
months and weekdays; day of month also `L`, `LW`, `15W`; weekday also `5L`, `5#2`. A range whose
end lies before its beginning wraps (`22-2`). 7 is Sunday, so `0-7` is Sunday alone and `1-7` the
whole week, which is how the Go parser reads them.
"""

import re
from functools import lru_cache

from common.cron_fields import (
    DAY,
    KINDS,
    WEEKDAY,
    Field,
    Kind,
    LastDay,
    LastWeekday,
    LastWorkday,
    NearestWorkday,
    NthWeekday,
    Span,
    Special,
)
from common.errors import InvalidField
from common.schedule_values import mask_of

MAX_EXPRESSION = 256
# crontab(5) has @midnight and the Go parser's documentation @minutely, but its code takes neither.
MACROS = {
    "@yearly": "0 0 0 1 1 * *",
    "@annually": "0 0 0 1 1 * *",
    "@monthly": "0 0 0 1 * * *",
    "@weekly": "0 0 0 * * 0 *",
    "@daily": "0 0 0 * * * *",
    "@midnight": "0 0 0 * * * *",
    "@hourly": "0 0 * * * * *",
    "@minutely": "0 * * * * * *",
}
_STRANGE = re.compile(r"[^\x20-\x7e\t\n\f\r]")
_NUMBER = re.compile(r"[0-9]+")
_WORKDAY = re.compile(r"([0-9]+)[wW]")
_WEEKDAY_IN_MONTH = re.compile(r"([0-9a-zA-Z]+)#([0-9]+)")
_LAST_WEEKDAY = re.compile(r"([0-9a-zA-Z]+)[lL]")
_HASHED = re.compile(r"[hH](\(.*\))?(/.*)?")
_RANDOM = re.compile(r"[rR](\(.*\))?(/.*)?")
_LAYOUT = (
    "expected 5 fields (minute, hour, day-of-month, month, day-of-week), "
    "6 (these and a year) or 7 (a second before and a year after them)"
)


def refuse(where: str, why: str) -> InvalidField:
    """The error for a field of the expression, to be raised by the caller."""
    return InvalidField("cronExpr", f"{where}: {why}")


def split_expression(expr: str) -> list[str]:
    """The texts of an expression's 5 to 7 fields, as written; macros replaced by what they mean."""
    if len(expr) > MAX_EXPRESSION:
        raise InvalidField("cronExpr", f"is longer than {MAX_EXPRESSION} characters")
    strange = _STRANGE.search(expr)
    if strange:
        raise InvalidField("cronExpr", f"holds {strange[0]!a}; only plain ASCII text can be read")
    fields = expr.split()
    if not fields:
        raise InvalidField("cronExpr", f"is empty; {_LAYOUT}")
    if fields[0].startswith("@"):
        return _macro(" ".join(fields).lower()).split()
    if not 5 <= len(fields) <= 7:
        count = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
        raise InvalidField("cronExpr", f"has {count}; {_LAYOUT}")
    return fields


def kinds_of(count: int) -> tuple[Kind, ...]:
    """The meaning of each of an expression's `count` (5 to 7) fields."""
    return KINDS if count == 7 else KINDS[1 : count + 1]


def read_expression(expr: str) -> tuple[Field, ...]:
    """The seven fields of an expression, second to year; raises InvalidField("cronExpr", ...)."""
    texts = split_expression(expr)
    if len(texts) < 7:
        texts.insert(0, "0")
    if len(texts) < 7:
        texts.append("*")
    return tuple(map(_read_field, KINDS, texts))


def read_value(kind: Kind, text: str, item: str) -> int:
    """The number of one value of a field, given in digits or as a name; `item` is for the error."""
    if text.lower() in kind.words:
        return kind.words[text.lower()]
    if not _NUMBER.fullmatch(text):
        raise refuse(kind.name, _not_understood(kind, item))
    value = int(text)
    if kind is WEEKDAY and value == 7:
        return 0
    if len(text) > 4 or not kind.low <= value <= kind.high:
        high = 7 if kind is WEEKDAY else kind.high
        raise refuse(kind.name, f"{text} is out of range {kind.low}-{high}")
    return value


def read_step(kind: Kind, text: str, item: str) -> int:
    """The number behind a slash, 1 to the largest step that makes sense for the field."""
    if not _NUMBER.fullmatch(text):
        raise refuse(kind.name, f"{item!r} has no number as its step")
    if not 1 <= int(text) <= kind.largest_step:
        raise refuse(kind.name, f"the step of {item!r} is out of range 1-{kind.largest_step}")
    return int(text)


def _macro(text: str) -> str:
    """The expression that a macro stands for."""
    if text == "@reboot":
        raise InvalidField("cronExpr", "@reboot is not supported: a fleet's job has no boot")
    if text not in MACROS:
        raise InvalidField("cronExpr", f"{text!r} is not one of {', '.join(MACROS)}")
    return MACROS[text]


@lru_cache(maxsize=8192)
def _read_field(kind: Kind, text: str) -> Field:
    """One field from its text; equal texts share one record."""
    spans: list[Span] = []
    specials: list[Special] = []
    unrestricted = False
    for item in text.split(","):
        if not item:
            raise refuse(kind.name, f"{text!r} has an empty item in its list")
        special = _special(kind, item)
        if item in ("*", "?"):
            unrestricted = True
        elif special:
            specials.append(special)
        else:
            spans.append(_span(kind, item))
    mask = kind.everything if unrestricted else mask_of(kind, tuple(spans))
    return Field(kind, mask, tuple(specials), unrestricted, text[0] in "*?")


def _span(kind: Kind, item: str) -> Span:
    """A value, range or step."""
    body, slash, step_text = item.partition("/")
    step = read_step(kind, step_text, item) if slash else 1
    if body == "*":
        return Span(kind.low, kind.high, step)
    first_text, dash, last_text = body.partition("-")
    first = read_value(kind, first_text, item)
    if dash:
        return Span(first, read_value(kind, last_text, item), step)
    return Span(first, kind.high if slash else first, step)


def _special(kind: Kind, item: str) -> Special | None:
    """The day that an item means when only a calendar can tell it, else None."""
    if kind is DAY:
        return _special_day(item)
    return _special_weekday(item) if kind is WEEKDAY else None


def _special_day(item: str) -> Special | None:
    if item in ("L", "l"):
        return LastDay()
    if item.upper() == "LW":
        return LastWorkday()
    found = _WORKDAY.fullmatch(item)
    return NearestWorkday(read_value(DAY, found[1], item)) if found else None


def _special_weekday(item: str) -> Special | None:
    found = _LAST_WEEKDAY.fullmatch(item)
    if found:
        return LastWeekday(read_value(WEEKDAY, found[1], item))
    found = _WEEKDAY_IN_MONTH.fullmatch(item)
    if not found:
        return None
    if found[2] not in ("1", "2", "3", "4", "5"):
        raise refuse(WEEKDAY.name, f"the number behind # in {item!r} is out of range 1-5")
    return NthWeekday(read_value(WEEKDAY, found[1], item), int(found[2]))


def _not_understood(kind: Kind, item: str) -> str:
    """Why an item cannot be read, with what was expected instead."""
    if _HASHED.fullmatch(item):
        return f"{item!r} can be read only where a job's name is known (when it is saved)"
    if _RANDOM.fullmatch(item):
        return f"{item!r}: random values are not supported, H spreads jobs by their name"
    if kind is DAY and item[:2] in ("L-", "l-"):
        return f"{item!r}: counting back from the last day is not supported"
    if kind is WEEKDAY and item in ("L", "l"):
        return "'L' needs a weekday before it, such as 5L"
    return f"{item!r} is not a value {kind.low}-{kind.high}, a range, a step or a list of these"
