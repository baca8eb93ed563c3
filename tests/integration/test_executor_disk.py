"""Executors on a disk that is small, or that takes no long file: what is kept of ends there."""

import os
import signal
from pathlib import Path

from tests.integration.executing import Desk, desk, order
from tests.kept_ends import read_ends
from tests.scarcity import short_files, small_disk
from worker.end_words import NOT_KEPT
from worker.orders import Ended

OUTPUT = 100_000
PRINTED = f"head -c {OUTPUT} /dev/zero | tr '\\0' x"


def ends_of(office: Desk, runs: int) -> list[Ended]:
    """The ends of so many runs that print much, one after the other."""
    return [office.run(PRINTED) for _ in range(runs)]


def test_on_a_full_disk_runs_go_on_and_each_end_is_kept_though_not_its_output(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "home") as is_small, desk(tmp_path / "home") as office:
        if not is_small:
            short_files(office.link.pid, 80 << 10)
        ends = ends_of(office, 30)
        assert {(end.outcome, end.output_bytes) for end in ends} == {("success", OUTPUT)}
        whole = [end for end in ends if len(end.output) == OUTPUT]
        assert [len(end.output) for end in ends] == [OUTPUT] * len(whole) + [0] * (30 - len(whole))
        assert (len(whole) > 0) == is_small
        assert {(end.truncated, end.reason) for end in ends[len(whole) :]} == {(True, NOT_KEPT)}
        os.kill(office.link.pid, signal.SIGKILL)
        kept = {end.run_id: end.output for end in read_ends(tmp_path / "home", 0)}
        assert kept == {end.run_id: end.output for end in ends}


def test_outputs_are_kept_again_once_what_fills_the_disk_is_recorded(tmp_path: Path) -> None:
    with small_disk(tmp_path / "home") as is_small, desk(tmp_path / "home") as office:
        ends = ends_of(office, 10)
        assert (ends[-1].reason == NOT_KEPT) == is_small
        office.link.ack([end.run_id for end in ends])
        later = office.run(PRINTED)
        assert (len(later.output), later.reason) == (OUTPUT, "")


def test_a_run_that_no_disk_has_room_for_is_told_with_its_output(tmp_path: Path) -> None:
    with desk(tmp_path / "home") as office:
        short_files(office.link.pid, 0)
        given = [order(PRINTED) for _ in range(4)]
        office.started_link.submit_many(given)
        assert {len(office.ended(each).output) for each in given} == {OUTPUT}
        office.link.ack([each.run_id for each in given])
