"""What a main process knows of an executor's ends: which it has heard, and where they lie."""

from pathlib import Path

import pytest

from tests.unit.running import ended
from tests.unit.spooling import Pen, run_id
from worker.executor_loss import left_by
from worker.executor_table import Table
from worker.hello import Held, Hello
from worker.orders import Ends, Over
from worker.spooled import Range, ends_of

A, B, C = "a@1", "b@1", "c@1"


def ends(*run_ids: str) -> Ends:
    """These lie in part 3, from byte 8 on, ten bytes each."""
    over = [
        Over(each, "failed", 1, None, 1, 2, "", "", 8 + 10 * n) for n, each in enumerate(run_ids)
    ]
    return Ends(3, 1, 8, 8 + 10 * len(over), tuple(over))


def place(begin: int, end: int, turn: int = 1) -> Range:
    """Bytes of that part."""
    return Range("life", 0, 3, turn, begin, end)


@pytest.fixture
def table() -> Table:
    """Of an executor that runs one and is to tell the ends of two again."""
    made = Table()
    made.adopt(Hello(6, 0, 6, (Held(C),), (A, B)))
    return made


def test_it_is_known_which_ends_an_executor_has_still_to_tell_again(table: Table) -> None:
    assert table.untold == {A, B}
    table.heard(ends(A))
    table.heard(ended(C))
    assert table.untold == {B}
    assert table.acknowledge([A, C, "other@1"]) == (A, C)
    assert table.acknowledge([A]) == ()
    assert table


def test_what_lies_in_a_range_is_known_until_it_is_acknowledged(table: Table) -> None:
    table.heard(ends(A, B, C))
    assert table.lying_in("life", 0, place(8, 38)) == (A, B, C)
    assert table.lying_in("life", 0, place(18, 28)) == (B,)
    assert table.lying_in("life", 0, place(8, 38, turn=2)) == ()
    assert table.lying_in("life", 1, place(8, 38)) == table.lying_in("other", 0, place(8, 38)) == ()
    table.acknowledge([B])
    assert table.lying_in("life", 0, place(8, 38)) == (A, C)


def test_of_what_an_executor_that_is_lost_never_told_nothing_is_waited_for(table: Table) -> None:
    table.heard(ends(A))
    table.lost([B, C])
    assert table.lying_in("life", 0, place(8, 18)) == (A,)
    table.acknowledge([A])
    assert not table


def test_an_end_that_an_executor_does_not_have_is_an_error(table: Table) -> None:
    with pytest.raises(ValueError, match="told the end of other@1, which it does not have"):
        table.heard(ends("other@1"))


def test_an_executor_that_dies_before_it_told_all_again_leaves_what_lies_in_its_spool(
    tmp_path: Path,
) -> None:
    pen = Pen(tmp_path)
    (path,) = {pen.write(n).path(tmp_path) for n in (1, 2, 3)}
    (told,) = ends_of(path)
    table = Table()
    table.adopt(Hello(6, 0, 6, (Held(run_id(1)),), (run_id(3), "nowhere@1")))
    left, lost = left_by(path.parent, 0, table)
    assert [over.run_id for each in left for over in each.over] == [run_id(1), run_id(3)]
    assert [over.offset for each in left for over in each.over] == [
        told.over[0].offset, told.over[2].offset,
    ]  # fmt: skip
    assert lost == {"nowhere@1"}
