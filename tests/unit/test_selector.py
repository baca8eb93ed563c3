"""Terms over the labels of workers."""

import pytest

from common.errors import InvalidField
from common.selector import failing, is_label, parse_term

LABELS = {"host": "db7", "role": "db", "zone": "a=b"}


@pytest.mark.parametrize(
    "term", ["host=db7", "role!=edge", "rack=", "rack!=r1", "role!=", "zone=a=b", "host=db7 "]
)
def test_a_term_that_holds_fails_nowhere(term: str) -> None:
    assert failing([term], LABELS) == ""


@pytest.mark.parametrize("term", ["host=db8", "role!=db", "rack=r1", "role=", "rack!="])
def test_a_term_that_does_not_hold_is_named(term: str) -> None:
    assert failing(["host=db7", term, "role=edge"], LABELS) == term


@pytest.mark.parametrize("text", ["", "a", "=b", "a==b", "a=,b", "a b=c", "a=b\nc", "é=b", "a=!b"])
def test_a_term_that_is_none_is_refused_by_name_of_the_field(text: str) -> None:
    with pytest.raises(InvalidField, match="where: expected terms as"):
        parse_term(text)


@pytest.mark.parametrize("text", ["host=db7", "role!=edge", "a="])
def test_a_term_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_term(text)) == text


def test_labels_are_short_words() -> None:
    assert is_label("team.example/role")
    assert not is_label("")
    assert not is_label("a b")
    assert not is_label("x" * 65)
