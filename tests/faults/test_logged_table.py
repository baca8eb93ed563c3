"""The bench's own reading of a worker's table out of its log."""

from pathlib import Path

from tests.faults.logged_table import LoggedTable


def test_a_table_is_read_on_by_whole_lines_and_forgotten_at_a_new_start(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    table = LoggedTable(log)
    assert table.read() == {}
    log.write_text("x job=a saved at 5\nx job=b saved at 6\nx job=c sav")
    assert dict(table.read()) == {"a": 5, "b": 6}
    with log.open("a") as more:
        more.write("ed at 7\nx job=a deleted at 8\nx job=b cannot run: no\n")
    assert dict(table.read()) == {"c": 7}
    table.begin()
    assert table.read() == {}
