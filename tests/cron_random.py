"""Random valid cron expressions: all field counts, names, lists, steps, wraps, L, W, #, years."""

from collections.abc import Callable
from random import Random

MONTH_WORDS = "jan feb mar apr may jun jul aug sep oct nov dec January june AUGUST december".split()
WEEKDAY_WORDS = "sun mon tue wed thu fri sat Sunday friday SATURDAY 7 07 03".split()
SIZES = {"second": (0, 59), "minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12)}


def random_expression(random: Random, year: int, *, dense: bool = False) -> str:
    """An expression with 5, 6 or 7 fields or a macro; `year` is where named years are near.

    A dense one is due on most days, so that it meets a change of the clock.
    """
    if random.random() < 0.02:
        return random.choice(["@yearly", "@monthly", "@WEEKLY", "@daily", "@midnight", "@hourly"])
    fields = [
        plain_field(random, "minute"),
        plain_field(random, "hour"),
        "*" if dense and random.random() < 0.7 else day_field(random),
        "*" if dense and random.random() < 0.9 else plain_field(random, "month"),
        "*" if dense and random.random() < 0.7 else weekday_field(random),
    ]
    count = random.choice([5, 6, 7])
    if count > 5:
        fields.append("*" if dense else year_field(random, year))
    if count > 6:
        fields.insert(0, plain_field(random, "second"))
    return random.choice([" ", " ", "  ", "\t"]).join(fields)


def plain_field(random: Random, kind: str) -> str:
    """A list of one to four items, or a star."""
    if random.random() < 0.25:
        return random.choice(["*", "*", "*", "?"])
    return listed(random, lambda: plain_item(random, kind))


def plain_item(random: Random, kind: str) -> str:
    """A value, range (one in two of them wraps) or step."""
    low, high = SIZES[kind]
    first, last = str(random.randint(low, high)), str(random.randint(low, high))
    if kind == "month" and random.random() < 0.4:
        first, last = random.choice(MONTH_WORDS), random.choice(MONTH_WORDS)
    elif random.random() < 0.1:
        first = first.zfill(2)
    return shaped(random, first, last, high)


def shaped(random: Random, first: str, last: str, largest_step: int) -> str:
    """One of the shapes of an item."""
    step = random.randint(1, random.choice([4, largest_step]))
    return random.choice(
        [first, first, f"{first}-{last}", f"*/{step}", f"{first}/{step}", f"{first}-{last}/{step}"]
    )


def day_field(random: Random) -> str:
    """A day-of-month field, now and then with days that only a calendar knows."""
    if random.random() < 0.35:
        return random.choice(["*", "*", "?"])
    special = ("L", "l", "LW", "lw", f"{random.randint(1, 31)}W", "31w", "1W", "*/1", "1-31", "29")
    chance = random.choice([0, 0, 0.7])
    return listed(
        random,
        lambda: random.choice(special) if random.random() < chance else plain_item(random, "day"),
    )


def weekday_field(random: Random) -> str:
    """A day-of-week field, now and then with `5L` and `5#2`."""
    if random.random() < 0.4:
        return random.choice(["*", "*", "?"])
    chance = random.choice([0, 0, 0.7])
    return listed(
        random,
        lambda: special_weekday(random) if random.random() < chance else weekday_item(random),
    )


def special_weekday(random: Random) -> str:
    """`5L` or `5#2`, the weekday in digits or as a name."""
    return weekday(random) + random.choice(["L", "l", *(f"#{nth}" for nth in range(1, 6))])


def weekday_item(random: Random) -> str:
    """A plain item of the day-of-week field."""
    return shaped(random, weekday(random), weekday(random), 6)


def weekday(random: Random) -> str:
    """A weekday in digits (7 too) or as a name."""
    return random.choice([str(random.randint(0, 7)), random.choice(WEEKDAY_WORDS)])


def year_field(random: Random, year: int) -> str:
    """Mostly all years, else some near `year`, within 1970 to 2099."""
    if random.random() < 0.5:
        return "*"
    near = [str(min(2099, max(1970, year + random.randint(-3, 12)))) for _ in range(2)]
    return listed(random, lambda: shaped(random, near[0], near[1], 129))


def listed(random: Random, item: Callable[[], str]) -> str:
    """One item, or a list of up to four."""
    return ",".join(item() for _ in range(random.choice([1, 1, 1, 2, 3, 4])))
