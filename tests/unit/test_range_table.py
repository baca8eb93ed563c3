"""Ranges of the spool: the same bytes as in a set of bytes, in as few pieces as may be."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from worker.range_table import RangeTable
from worker.spooled import Range

PART = Range("life", 0, 3, 1, 0, 0)


def at(begin: int, end: int, part: int = 3, turn: int = 1) -> Range:
    """A range of a part."""
    return Range("life", 0, part, turn, begin, end)


def test_what_is_told_one_after_the_other_is_one_range() -> None:
    table = RangeTable()
    assert table.add(at(8, 20)) == [at(8, 20)]
    assert table.add(at(20, 30)) == [at(20, 30)]
    assert (list(table), table.size) == ([at(8, 30)], 22)


def test_what_is_told_again_is_no_news() -> None:
    table = RangeTable()
    table.add(at(8, 20))
    assert table.add(at(8, 20)) == []
    assert table.add(at(10, 40)) == [at(20, 40)]
    assert list(table) == [at(8, 40)]


def test_another_turn_and_another_part_are_other_places() -> None:
    table = RangeTable()
    for each in (at(8, 20), at(8, 20, turn=2), at(8, 20, part=4)):
        assert table.add(each) == [each]
    table.drop(at(8, 20, turn=2))
    assert list(table) == [at(8, 20), at(8, 20, part=4)]


def test_the_oldest_is_taken_first() -> None:
    table = RangeTable()
    table.add(at(8, 20))
    table.add(at(8, 20, part=4))
    table.add(at(20, 30))
    assert [table.take(), table.take(), table.take()] == [at(8, 30), at(8, 20, part=4), None]
    assert (bool(table), table.size) == (False, 0)


@pytest.mark.parametrize("seed", range(30))
def test_it_holds_what_was_added_and_not_dropped(seed: int) -> None:
    chance = random.Random(seed)
    table, model = RangeTable(), set[int]()
    for _ in range(60):
        begin = chance.randrange(60)
        each = replace(PART, begin=begin, end=begin + chance.randrange(15))
        bytes_of = set(range(each.begin, each.end))
        if chance.random() < 0.6:
            new = [n for piece in table.add(each) for n in range(piece.begin, piece.end)]
            assert (sorted(new), len(new)) == (sorted(bytes_of - model), len(set(new)))
            model |= bytes_of
        else:
            table.drop(each)
            model -= bytes_of
        ranges = list(table)
        assert {n for piece in ranges for n in range(piece.begin, piece.end)} == model
        assert table.size == len(model)
        assert all(one.end < other.begin for one, other in pairwise(ranges))
