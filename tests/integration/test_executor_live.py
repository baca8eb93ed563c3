"""What runs print is told by their executor while it is asked to, and only then."""

import itertools
import time
from collections.abc import Callable
from pathlib import Path

from tests.integration.executing import Desk, desk, main_process, order, successor
from worker.executor_line import Line
from worker.hello import Hello
from worker.live_orders import Follow, Printed
from worker.orders import Ended

GATED = "echo one; while ! test -e {0}; do sleep 0.02; done; printf 'two\\nthr'; echo ee"


def shown(office: Desk, run_id: str) -> bytes:
    """What was told of a run so far, without a gap."""
    parts = [each for each in office.printed if each.run_id == run_id]
    assert all(a.end == b.start for a, b in itertools.pairwise(parts))
    return b"".join(each.output for each in parts)


def hear_until(office: Desk, holds: Callable[[], bool]) -> None:
    """Hear news until it holds."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        office.hear()


def test_a_followed_run_shows_what_it_printed_before_and_all_that_it_prints(
    tmp_path: Path,
) -> None:
    gate = tmp_path / "gate"
    with desk(tmp_path / "home") as office:
        given = office.submit(GATED.format(gate))
        office.started(given)
        office.link.inform(Follow((given.run_id,)))
        hear_until(office, lambda: shown(office, given.run_id) == b"one\n")
        gate.touch()
        ended = office.ended(given)
        assert ended.output == b"one\ntwo\nthree\n"
        assert shown(office, given.run_id) == ended.output


def test_a_run_that_is_followed_before_it_starts_is_found_when_it_does(tmp_path: Path) -> None:
    with desk(tmp_path) as office:
        soon = time.clock_gettime(time.CLOCK_BOOTTIME) + 0.3
        given = order("echo here; sleep 1", start_at=soon)
        office.started_link.submit_many((given,))
        office.link.inform(Follow((given.run_id,)))
        hear_until(office, lambda: shown(office, given.run_id) == b"here\n")
        assert given.run_id not in office.ends


def test_a_run_that_nobody_follows_tells_nothing(tmp_path: Path) -> None:
    with desk(tmp_path) as office:
        followed = office.submit("echo a; sleep 0.3; echo b")
        other = office.submit("echo c; sleep 0.3; echo d")
        office.link.inform(Follow((followed.run_id,)))
        office.ended(followed)
        office.ended(other)
        assert {each.run_id for each in office.printed} <= {followed.run_id}


def test_one_that_is_followed_no_more_falls_silent(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with desk(tmp_path / "home") as office:
        given = office.submit(GATED.format(gate))
        office.link.inform(Follow((given.run_id,)))
        hear_until(office, lambda: shown(office, given.run_id) == b"one\n")
        office.link.inform(Follow(()))
        gate.touch()
        office.ended(given)
        assert shown(office, given.run_id) == b"one\n"


def test_the_next_main_process_follows_a_run_that_went_on(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    command = (GATED.format(gate), {"on_restart": "keep"})
    home = tmp_path / "home"
    with main_process(home, [command]) as (main, [(_, run_id)]):
        main.kill()
        main.wait()
    with successor(home) as (office, _):
        office.link.inform(Follow((run_id,)))
        hear_until(office, lambda: shown(office, run_id) == b"one\n")
        gate.touch()
        assert isinstance(office.end_of(run_id), Ended)
        assert shown(office, run_id) == b"one\ntwo\nthree\n"


def test_an_executor_that_is_too_old_to_understand_it_is_not_asked() -> None:
    line = object.__new__(Line)
    line.hello = Hello(5, 0, 5)
    assert not line.understands(Follow(()))
    line.hello = Hello(6, 0, 5)
    assert line.understands(Follow(()))
    assert isinstance(Printed("a@1", 0, 0, b""), Printed)
