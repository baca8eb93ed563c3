"""How transactions are dealt out over requests."""

from common.store import Put, Transaction
from worker.committer import FIRST, MOST, Posting, batches, first_room


def postings(count: int, urgent: bool, root: str = "a") -> list[Posting]:
    """So many, of different keys."""
    return [
        Posting(Transaction((), (Put(f"{root}/{n}", b""),)), lambda answer: (), urgent=urgent)
        for n in range(count)
    ]


def sizes(asked: list[Posting]) -> list[int]:
    """How many go in each request."""
    return [len(batch) for batch in batches(asked)]


def test_many_claims_begin_with_a_few_so_that_the_first_start_is_early() -> None:
    assert sizes(postings(225, urgent=True)) == [FIRST, MOST, MOST]
    assert sizes(postings(MOST + 1, urgent=True)) == [FIRST, MOST + 1 - FIRST]


def test_what_fits_into_one_request_goes_in_one() -> None:
    assert sizes(postings(MOST, urgent=True)) == [MOST]


def test_the_first_claims_are_some_more_where_that_saves_a_request() -> None:
    assert sizes(postings(126, urgent=True)) == [FIRST + 1, MOST]
    assert sizes(postings(150, urgent=True)) == [2 * FIRST, MOST]
    assert sizes(postings(151, urgent=True)) == [FIRST, MOST, 151 - FIRST - MOST]
    assert all(first_room(count) <= 2 * FIRST for count in range(MOST + 1, 1000))


def test_a_few_claims_take_along_what_fits() -> None:
    assert sizes(postings(FIRST, urgent=True) + postings(75, urgent=False, root="b")) == [MOST]


def test_what_nothing_starts_by_goes_in_whole_requests() -> None:
    assert sizes(postings(225, urgent=False)) == [MOST, MOST, 25]
