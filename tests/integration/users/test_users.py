"""A run is its user altogether: ids, groups and environment are exactly as said."""

import os

from tests.integration.executing import Desk, order
from tests.other_user import AS_ROOT, OTHER, USER
from tests.own_user import OWN_USER


def said(text: bytes) -> dict[str, list[str]]:
    """The fields of /proc/PID/status."""
    lines = text.decode().splitlines()
    return {line.partition(":")[0]: line.split()[1:] for line in lines}


def test_a_job_that_names_nobody_never_runs_as_root(office: Desk) -> None:
    assert office.run("id -un").output.decode() == ("nobody\n" if AS_ROOT else f"{OWN_USER}\n")


def test_a_run_is_its_user_altogether(office: Desk) -> None:
    found = said(office.run("cat /proc/self/status", user=OTHER).output)
    assert found["Uid"] == [str(USER.pw_uid)] * 4
    assert found["Gid"] == [str(USER.pw_gid)] * 4
    own = os.getgrouplist(OTHER, USER.pw_gid) if AS_ROOT else os.getgroups()
    assert set(map(int, found["Groups"])) == set(own)
    assert found["CapPrm"] == found["CapEff"] == ["0000000000000000"]
    assert found["SigBlk"] == ["0000000000000000"]


def test_the_environment_of_another_user_is_exactly_as_said(office: Desk) -> None:
    own = {"PATH": "/bin", "GREETING": "hello\nworld", "EMPTY": "", "LD_DEBUG": ""}
    given = office.submit("", argv=("/usr/bin/env", "-0"), user=OTHER, env=own)
    found = dict(
        entry.split("=", 1) for entry in office.ended(given).output.decode().split("\0") if entry
    )
    assert found == {
        "HOME": USER.pw_dir,
        "USER": OTHER,
        "LOGNAME": OTHER,
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        **own,
        "FLEETCRON_JOB": "job",
        "FLEETCRON_RUN_ID": given.run_id,
    }


def test_what_the_worker_tells_stands_above_what_a_job_says(office: Desk) -> None:
    given = order("echo $FLEETCRON_RUN_ID", env={"FLEETCRON_RUN_ID": "forged"})
    office.started_link.submit_many((given,))
    assert office.ended(given).output.decode() == f"{given.run_id}\n"


def test_root_runs_with_the_groups_that_are_said(office: Desk) -> None:
    changed = {"user": "root", "group": "daemon", "groups": ("sys", "adm")}
    end = office.run("id -gn; id -Gn", **changed)
    if AS_ROOT:
        assert end.output.decode().splitlines()[0] == "daemon"
        assert set(end.output.decode().splitlines()[1].split()) == {"daemon", "sys", "adm"}
    else:
        assert "runs jobs only as its own user" in end.err


def test_a_run_as_another_user_is_killed_with_all_that_it_started(office: Desk) -> None:
    given = office.submit("sleep 1000 & sleep 1000", user=OTHER)
    office.sleeping(given, 2)
    office.link.kill(given.run_id, "enough")
    assert office.ended(given).outcome == "killed"
