"""Which priority a run has, and who may have more than others."""

import os
from pathlib import Path

import pytest

from tests.integration.executing import Desk, desk
from tests.other_user import ALLOWING, AS_ROOT, OTHER
from tests.own_user import OWN_USER


@pytest.mark.parametrize("user", [OTHER, OWN_USER])
def test_nice_and_io_class_are_as_said(office: Desk, user: str) -> None:
    settings = {"nice": 7, "io_class": "best-effort", "io_priority": 6, "user": user}
    end = office.run("nice; ionice", **settings)
    assert end.output == b"7\nbest-effort: prio 6\n"
    assert office.run("ionice", io_class="idle", user=user).output == b"idle\n"


HURRY = {"nice": -4, "io_class": "realtime", "io_priority": 6}


def test_roots_runs_can_hurry(office: Desk) -> None:
    end = office.run("nice; ionice", user="root", **HURRY)
    if AS_ROOT:
        assert end.output == b"-4\nrealtime: prio 6\n"
    else:
        assert "only as its own user" in end.err


@pytest.mark.parametrize("user", ["", OTHER])
def test_nobody_elses_runs_can_hurry_whoever_the_worker_is(office: Desk, user: str) -> None:
    ends = [office.run("true", user=user, **{field: HURRY[field]}) for field in HURRY]
    assert [end.outcome for end in ends] == ["could_not_start", "could_not_start", "success"]
    assert ends[0].err.startswith("could not start: nice -4: only root may")
    assert ends[1].err.startswith("could not start: ioClass: only root may have realtime: ")


def test_a_worker_that_gives_way_gives_no_users_run_more_than_its_own(tmp_path: Path) -> None:
    with desk(tmp_path / "gentle", config=ALLOWING) as gentle:
        for thread in os.listdir(f"/proc/{gentle.link.pid}/task"):
            os.setpriority(os.PRIO_PROCESS, int(thread), 10)
        assert gentle.run("nice", user=OTHER).output == b"10\n"
        assert gentle.run("nice", user=OTHER, nice=12).output == b"12\n"
        assert "nice 3: only root may" in gentle.run("nice", user=OTHER, nice=3).err
