"""Due instants around changes of the clock, worked out by hand from the written rule."""

from typing import NamedTuple


class Case(NamedTuple):
    """An expression, and its due local times around a change of the clock, offsets included."""

    about: str
    zone: str
    expr: str
    due: str


CASES = [
    Case(
        "a fixed time that is skipped is due right after the gap",
        "Europe/Berlin",
        "30 2 * * *",
        "2024-03-30T02:30+01:00 2024-03-31T03:00+02:00 2024-04-01T02:30+02:00",
    ),
    Case(
        "several fixed times in one gap are due once",
        "Europe/Berlin",
        "0,15,30,45 2 * * *",
        "2024-03-30T02:45+01:00 2024-03-31T03:00+02:00 2024-04-01T02:00+02:00",
    ),
    Case(
        "a skipped time and the time just after the gap are due once",
        "Europe/Berlin",
        "0 2,3 * * *",
        "2024-03-30T03:00+01:00 2024-03-31T03:00+02:00 2024-04-01T02:00+02:00",
    ),
    Case(
        "a range of hours is fixed, so a skipped half hour is made up for",
        "Europe/Berlin",
        "30 1-3 31 * *",
        "2024-03-31T01:30+01:00 2024-03-31T03:00+02:00 2024-03-31T03:30+02:00",
    ),
    Case(
        "skipped seconds are due at the gap's end",
        "Europe/Berlin",
        "*/20 59 2 31 * * *",
        "2024-01-31T02:59:40+01:00 2024-03-31T03:00:00+02:00 2024-05-31T02:59:00+02:00",
    ),
    Case(
        "a fixed time that comes twice is due the first time",
        "Europe/Berlin",
        "30 2 * * *",
        "2024-10-26T02:30+02:00 2024-10-27T02:30+02:00 2024-10-28T02:30+01:00",
    ),
    Case(
        "the last second before the clock goes back is not due again",
        "Europe/Berlin",
        "59 59 2 * * * *",
        "2024-10-26T02:59:59+02:00 2024-10-27T02:59:59+02:00 2024-10-28T02:59:59+01:00",
    ),
    Case(
        "the first instant after both passes is due",
        "Europe/Berlin",
        "0 3 * * *",
        "2024-10-26T03:00+02:00 2024-10-27T03:00+01:00 2024-10-28T03:00+01:00",
    ),
    Case(
        "a wildcard follows real time through a gap",
        "Europe/Berlin",
        "30 * * * *",
        "2024-03-31T00:30+01:00 2024-03-31T01:30+01:00 2024-03-31T03:30+02:00",
    ),
    Case(
        "a wildcard follows real time through both passes",
        "Europe/Berlin",
        "30 * * * *",
        "2024-10-27T01:30+02:00 2024-10-27T02:30+02:00 2024-10-27T02:30+01:00",
    ),
    Case(
        "a stepped hour is a wildcard: nothing is due in the gap",
        "Europe/Berlin",
        "10 */2 * * *",
        "2024-03-31T00:10+01:00 2024-03-31T04:10+02:00 2024-03-31T06:10+02:00",
    ),
    Case(
        "a starred minute makes a wildcard of a single hour",
        "Europe/Berlin",
        "*/30 2 * * *",
        "2024-03-30T02:30+01:00 2024-04-01T02:00+02:00 2024-04-01T02:30+02:00",
    ),
    Case(
        "a question mark counts as a star",
        "Europe/Berlin",
        "30 ? * * *",
        "2024-10-27T02:30+02:00 2024-10-27T02:30+01:00 2024-10-27T03:30+01:00",
    ),
    Case(
        "a list that only ends with a star is fixed",
        "Europe/Berlin",
        "30 2,* * * *",
        "2024-10-27T02:30+02:00 2024-10-27T03:30+01:00 2024-10-27T04:30+01:00",
    ),
    Case(
        "a starred second alone makes no wildcard",
        "Europe/Berlin",
        "*/30 59 2 27 10 * *",
        "2024-10-27T02:59:00+02:00 2024-10-27T02:59:30+02:00 2025-10-27T02:59:00+01:00",
    ),
    Case(
        "the last due instants of all lie in the second pass",
        "Europe/Berlin",
        "*/30 2 27 10 * 2024",
        "2024-10-27T02:00+02:00 2024-10-27T02:30+02:00 2024-10-27T02:00+01:00 "
        "2024-10-27T02:30+01:00 never",
    ),
    Case(
        "a day that is due only for its skipped hour",
        "Europe/Berlin",
        "30 2 31 3 * 2024",
        "2024-03-31T03:00+02:00 never",
    ),
    Case(
        "half an hour forward",
        "Australia/Lord_Howe",
        "15 2 * * *",
        "2024-10-05T02:15+10:30 2024-10-06T02:30+11:00 2024-10-07T02:15+11:00",
    ),
    Case(
        "half an hour back",
        "Australia/Lord_Howe",
        "*/15 1 * * *",
        "2024-04-07T01:45+11:00 2024-04-07T01:30+10:30 2024-04-07T01:45+10:30",
    ),
    Case(
        "half an hour back, fixed",
        "Australia/Lord_Howe",
        "45 1 * * *",
        "2024-04-06T01:45+11:00 2024-04-07T01:45+11:00 2024-04-08T01:45+10:30",
    ),
    Case(
        "a whole day is skipped",
        "Pacific/Apia",
        "0 12 * * *",
        "2011-12-29T12:00-10:00 2011-12-31T00:00+14:00 2011-12-31T12:00+14:00",
    ),
    Case(
        "a whole day is skipped, and with it a wildcard's",
        "Pacific/Apia",
        "0 */12 * * *",
        "2011-12-29T12:00-10:00 2011-12-31T00:00+14:00 2011-12-31T12:00+14:00",
    ),
    Case(
        "only the skipped day was named",
        "Pacific/Apia",
        "0 6,12 30 12 * 2011",
        "2011-12-31T00:00+14:00 never",
    ),
    Case(
        "midnight is skipped, a wildcard's",
        "America/Sao_Paulo",
        "*/30 0 * * *",
        "2018-11-03T00:30-03:00 2018-11-05T00:00-02:00 2018-11-05T00:30-02:00",
    ),
    Case(
        "midnight is skipped, a macro's",
        "America/Sao_Paulo",
        "@daily",
        "2018-11-03T00:00-03:00 2018-11-04T01:00-02:00 2018-11-05T00:00-02:00",
    ),
    Case(
        "the hour before midnight comes twice",
        "America/Sao_Paulo",
        "30 23 * * *",
        "2018-02-16T23:30-02:00 2018-02-17T23:30-02:00 2018-02-18T23:30-03:00",
    ),
    Case(
        "midnight is skipped on a Friday",
        "Africa/Cairo",
        "0 0 * * 5",
        "2024-04-19T00:00+02:00 2024-04-26T01:00+03:00 2024-05-03T00:00+03:00",
    ),
    Case(
        "the clock goes back to the day before",
        "Africa/Cairo",
        "15 * 31 10 *",
        "2024-10-31T22:15+03:00 2024-10-31T23:15+03:00 2024-10-31T23:15+02:00",
    ),
    Case(
        "winter time that is called negative daylight saving",
        "Europe/Dublin",
        "30 1 * * *",
        "2024-03-30T01:30+00:00 2024-03-31T02:00+01:00 2024-04-01T01:30+01:00",
    ),
    Case(
        "winter time that is called negative daylight saving, back",
        "Europe/Dublin",
        "30 1 * * *",
        "2024-10-26T01:30+01:00 2024-10-27T01:30+01:00 2024-10-28T01:30+00:00",
    ),
    Case(
        "standard time itself is moved",
        "Asia/Pyongyang",
        "45 23 * * *",
        "2018-05-03T23:45+08:30 2018-05-05T00:00+09:00 2018-05-05T23:45+09:00",
    ),
    Case(
        "far to come, by the zone's rule",
        "America/New_York",
        "30 2 * * *",
        "2098-03-08T02:30-05:00 2098-03-09T03:00-04:00 2098-03-10T02:30-04:00",
    ),
]
