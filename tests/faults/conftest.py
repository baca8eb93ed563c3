"""A fleet for each row: started fresh, and gone afterwards."""

from collections.abc import Iterator

import pytest

from tests.faults.fleet import Fleet
from tests.faults.story import story
from tests.faults.trial import Trial


@pytest.fixture
def fleet(request: pytest.FixtureRequest) -> Iterator[Fleet]:
    """Three workers, two masters, three etcd and a log store, all healthy.

    A row that parametrizes it says how it is to differ.
    """
    with Fleet(**getattr(request, "param", {})).closing() as made:
        yield made


@pytest.fixture
def trial(fleet: Fleet) -> Iterator[Trial]:
    """A trial on it, whose verdict is spoken when the row has passed its own assertions."""
    made = Trial(fleet)
    yield made
    broken = made.verdict()
    if broken:
        pytest.fail(story(made.case(), broken), pytrace=False)
