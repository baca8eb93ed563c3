"""Words for numbers, lists and ranges: what the plain text of an expression is made of."""

from collections.abc import Sequence
from itertools import pairwise

from common.cron_fields import MONTH_NAMES, WEEKDAY_NAMES

_MONDAY_FIRST = (1, 2, 3, 4, 5, 6, 0)
_SHORTEST_RUN = 3
_SHORTEST_SERIES = 4


def joined(words: Sequence[str], conjunction: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`, `23rd`."""
    if number // 10 % 10 == 1:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def month_name(number: int) -> str:
    """The English name of a month (1 is January)."""
    return MONTH_NAMES[number - 1]


def series_step(values: Sequence[int]) -> int | None:
    """The distance between neighbours when it is the same for all, else None."""
    steps = {b - a for a, b in pairwise(values)}
    return steps.pop() if len(steps) == 1 else None


def counted(noun: str, values: Sequence[int]) -> str:
    """Numbered things: `minute 5`, `hours 9 through 17`, `every 7th minute from 0 through 56`."""
    step = series_step(values)
    if step is not None and step > 1 and len(values) >= _SHORTEST_SERIES:
        return f"every {ordinal(step)} {noun} from {values[0]} through {values[-1]}"
    plural = "" if len(values) == 1 else "s"
    return f"{noun}{plural} {joined(_runs([str(v) for v in values], values))}"


def months(values: Sequence[int]) -> str:
    """Names of months: `January`, `March through May and July`."""
    return joined(_runs([month_name(value) for value in values], values))


def weekdays(values: Sequence[int]) -> str:
    """Names of weekdays (0 is Sunday), Monday first: `Monday through Friday`."""
    places = [place for place, value in enumerate(_MONDAY_FIRST) if value in values]
    return joined(_runs([WEEKDAY_NAMES[_MONDAY_FIRST[place]] for place in places], places))


def _runs(words: Sequence[str], numbers: Sequence[int]) -> list[str]:
    """The words, with three or more of consecutive numbers drawn together as `a through c`."""
    phrases: list[str] = []
    begin = 0
    for end in range(1, len(words) + 1):
        if end < len(words) and numbers[end] == numbers[end - 1] + 1:
            continue
        if end - begin >= _SHORTEST_RUN:
            phrases.append(f"{words[begin]} through {words[end - 1]}")
        else:
            phrases.extend(words[begin:end])
        begin = end
    return phrases
