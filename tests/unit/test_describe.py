"""The plain text of expressions, word for word; and that equal texts mean equal instants."""

from collections import defaultdict
from itertools import islice
from random import Random

import pytest

from common.describe import describe
from common.schedule import parse_schedule
from tests.cron_random import random_expression

IN_UTC = {
    "* * * * * * *": "every second",
    "*/5 * * * * * *": "every 5 seconds",
    "30 * * * * * *": "at second 30 of every minute",
    "0-10 * * * * * *": "at seconds 0 through 10 of every minute",
    "*/7 * * * * * *": "at every 7th second from 0 through 56 of every minute",
    "*/10 5 * * * * *": "every 10 seconds during minute 5 of every hour",
    "* * 3 * * * *": "every second of hour 3, UTC",
    "15,45 * 9-17 * * * *": "at seconds 15 and 45 of every minute of hours 9 through 17, UTC",
    "*/2 1,2 1-6/2 * * * *": "every 2 seconds during minutes 1 and 2 of hours 1, 3 and 5, UTC",
    "* * * * *": "every minute",
    "? ? ? ? ?": "every minute",
    "0-59 0-23 * * *": "every minute",
    "*/1 */1 * * *": "every minute",
    "@minutely": "every minute",
    "*/5 * * * *": "every 5 minutes",
    "0-59/15 * * * *": "every 15 minutes",
    "*/7 * * * *": "at every 7th minute from 0 through 56 of every hour",
    "3-59/15 * * * *": "at every 15th minute from 3 through 48 of every hour",
    "* 3 * * *": "every minute from 03:00 through 03:59, UTC",
    "*/5 9-17 * * 1-5": "every 5 minutes from 09:00 through 17:55 on Monday through Friday, UTC",
    "*/20 22-2 * * *": "every 20 minutes of hours 0 through 2, 22 and 23, UTC",
    "* */2 * * *": "every minute of every 2nd hour from 0 through 22, UTC",
    "@hourly": "every hour",
    "5 * * * *": "every hour at minute 5",
    "5,35 * * * *": "at minutes 5 and 35 of every hour",
    "1,3,9-12 * * * *": "at minutes 1, 3 and 9 through 12 of every hour",
    "0 */2 * * *": "every 2 hours, UTC",
    "23 0-23/2 * * *": "every 2 hours from 00:23 through 22:23, UTC",
    "30 1-23/2 * * *": "every 2 hours from 01:30 through 23:30, UTC",
    "0 9-17 * * *": "every hour from 09:00 through 17:00, UTC",
    "0,30 9-17 * * *": "every 30 minutes from 09:00 through 17:30, UTC",
    "1,30 9-17 * * *": "at minutes 1 and 30 of hours 9 through 17, UTC",
    "0 0-5,12-20 * * *": "at minute 0 of hours 0 through 5 and 12 through 20, UTC",
    "@daily": "at 00:00 every day, UTC",
    "0 3 * * *": "at 03:00 every day, UTC",
    "15,45 3,15 * * *": "at 03:15, 03:45, 15:15 and 15:45 every day, UTC",
    "30 0 3 * * * *": "at 03:00:30 every day, UTC",
    "0 */6 * * *": "at 00:00, 06:00, 12:00 and 18:00 every day, UTC",
    "0 3 * 1,7 *": "at 03:00 every day in January and July, UTC",
    "0 3 * nov-feb *": "at 03:00 every day in January, February, November and December, UTC",
    "* * * mar-may *": "every minute in March through May, UTC",
    "@monthly": "at 00:00 on day 1 of every month, UTC",
    "0 0 1,15 * *": "at 00:00 on days 1 and 15 of every month, UTC",
    "0 0 */2 * *": "at 00:00 on every 2nd day from 1 through 31 of every month, UTC",
    "0 0 31 * *": "at 00:00 on day 31 of every month (where there is one), UTC",
    "0 0 31 1,3 *": "at 00:00 on day 31 of January and March, UTC",
    "0 0 29 2 *": "at 00:00 on day 29 of February (where there is one), UTC",
    "@yearly": "at 00:00 on day 1 of January, UTC",
    "0 0 1 1 * 2030": "at 00:00 on day 1 of January in the year 2030, UTC",
    "* * * * * 2030-2032": "every minute in the years 2030 through 2032, UTC",
    "* * * * * */2": "every minute in every 2nd year from 1970 through 2098, UTC",
    "0 0 L * *": "at 00:00 on the last day of every month, UTC",
    "0 0 LW,15 * *": "at 00:00 on day 15 and the last working day of every month, UTC",
    "0 0 15W * *": "at 00:00 on the working day nearest to day 15 of every month, UTC",
    "0 0 31W * *": "at 00:00 on the working day nearest to day 31 of every month "
    "(where there is one), UTC",
    "0 0 31W,L * *": "at 00:00 on the working day nearest to day 31 and the last day "
    "of every month, UTC",
    "@weekly": "at 00:00 on Sunday, UTC",
    "0 0 * * 7": "at 00:00 on Sunday, UTC",
    "0 0 * * 0-7": "at 00:00 on Sunday, UTC",
    "0 0 * * 1-7": "at 00:00 every day, UTC",
    "0 0 * * sat,sun": "at 00:00 on Saturday and Sunday, UTC",
    "0 0 * * fri-mon": "at 00:00 on Monday and Friday through Sunday, UTC",
    "0 0 * 6 mon,wed,fri": "at 00:00 on Monday, Wednesday and Friday in June, UTC",
    "0 3 * * 5L": "at 03:00 on the last Friday of every month, UTC",
    "0 3 * * tue#2": "at 03:00 on the 2nd Tuesday of every month, UTC",
    "0 3 * * 1#1,1#3": "at 03:00 on the 1st Monday and the 3rd Monday of every month, UTC",
    "0 3 * * 5#5": "at 03:00 on the 5th Friday of every month (where there is one), UTC",
    "0 3 * 2 mon,5L": "at 03:00 on Monday in February and on the last Friday of February, UTC",
    "0 0 13 * 5": "at 00:00 on day 13 of every month, and on Friday as well, UTC",
    "30 4 1,15 * 5": "at 04:30 on days 1 and 15 of every month, and on Friday as well, UTC",
    "0 0 13 2 5": "at 00:00 on day 13 of February, and on Friday in February as well, UTC",
    "0 0 LW * 1#1": "at 00:00 on the last working day of every month, "
    "and on the 1st Monday of every month as well, UTC",
    "0 0 1-31 * 5": "at 00:00 every day, UTC",
    "0 0 1 * */1": "at 00:00 every day, UTC",
    "0 0 *,5 * 5": "at 00:00 on Friday, UTC",
}
ELSEWHERE = {
    ("*/5 * * * * * *", "Europe/Berlin"): "every 5 seconds",
    ("* * * * *", "Europe/Berlin"): "every minute",
    ("*/5 * * * *", "Asia/Kathmandu"): "every 5 minutes, Asia/Kathmandu",
    ("0 3 * * 5L", "Europe/Berlin"): "at 03:00 on the last Friday of every month, Europe/Berlin",
    ("@daily", "America/New_York"): "at 00:00 every day, America/New_York",
}


@pytest.mark.parametrize(("expr", "text"), IN_UTC.items())
def test_an_expression_is_put_into_words(expr: str, text: str) -> None:
    assert describe(parse_schedule(expr)) == text


@pytest.mark.parametrize(
    ("expr", "zone", "text"), [(*key, text) for key, text in ELSEWHERE.items()]
)
def test_the_zone_is_named_where_it_matters(expr: str, zone: str, text: str) -> None:
    assert describe(parse_schedule(expr, zone)) == text


def test_equal_words_mean_equal_instants() -> None:
    random = Random("words")
    by_text: defaultdict[str, set[str]] = defaultdict(set)
    for _ in range(30_000):
        fields = random_expression(random, 2024, dense=True).split()
        expr = " ".join(["0 0", *fields[-3:]] if len(fields) == 5 else fields)
        by_text[describe(parse_schedule(expr))].add(expr)
    shared = {text: exprs for text, exprs in by_text.items() if len(exprs) > 1}
    assert len(shared) > 500
    for text, exprs in shared.items():
        instants = {
            tuple(islice(parse_schedule(expr).between(1704067200000, 1 << 50), 40))
            for expr in exprs
        }
        assert len(instants) == 1, f"{text}: {exprs}"
