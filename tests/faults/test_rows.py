"""The table of rows: every row of the matrix has its test, and waits for something or runs."""

import ast

import pytest

from tests.faults.rows import FILES, WAITING, row_of, wanted

MATRIX = {*range(1, 25), *range(29, 44)}


def names() -> list[str]:
    """The names of all tests of rows."""
    trees = [ast.parse(path.read_text()) for path in FILES]
    nodes = [node for tree in trees for node in tree.body]
    return [
        node.name
        for node in nodes
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def test_every_row_of_the_matrix_has_a_test_and_no_other_has() -> None:
    assert {row_of(name) for name in names()} == MATRIX


def test_a_test_that_names_no_row_is_refused() -> None:
    with pytest.raises(ValueError, match="names no row"):
        row_of("test_something")


def test_what_waits_is_run_only_when_it_is_asked_for() -> None:
    assert set(WAITING) <= set(names())
    for test in names():
        assert wanted(test, frozenset()) is (test not in WAITING)
        assert wanted(f"{test}[a case]", frozenset()) is (test not in WAITING)
        assert wanted(test, frozenset({row_of(test)}))
        assert not wanted(test, frozenset({row_of(test) + 1}))
