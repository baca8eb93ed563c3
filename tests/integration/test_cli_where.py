"""`job save --host`, and what is said of a job that no worker may run, against a real worker."""

import json
import re
import socket

import pytest
from click.testing import CliRunner

from cli.__main__ import fleetcron
from tests.integration.standing_alone import Standalone
from tests.waiting import until

HOST = socket.gethostname()
FIXED = ["--schedule", "0 0 1 1 *", "--command", "true"]
STANDALONE = ("--label", "role=db")


def saved(alone: Standalone, name: str, *options: str) -> tuple[list[str], str]:
    """The `where` of a job after a save, and what was said on stderr."""
    result = alone.call("job", "save", name, *FIXED, *options, "-o", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout).get("where", []), result.stderr


def test_a_host_is_a_term_and_one_that_is_there_is_not_warned_of(alone: Standalone) -> None:
    assert saved(alone, "here", "--host", HOST) == ([f"host={HOST}"], "created here\n")


def test_another_host_takes_the_place_of_the_first_and_other_terms_stay(alone: Standalone) -> None:
    saved(alone, "moves", "--set", 'where=["role=db", "host=db6"]')
    where, said = saved(alone, "moves", "--host", "db7")
    assert where == ["role=db", "host=db7"]
    assert "host=db7 takes the place of host=db6" in said
    where, said = saved(alone, "moves", "--host", "db7")
    assert where == ["role=db", "host=db7"]
    assert "takes the place" not in said


def test_a_job_for_no_worker_is_saved_with_a_warning(alone: Standalone) -> None:
    where, said = saved(alone, "nowhere", "--host", "no-such-host")
    assert where == ["host=no-such-host"]
    assert "warning: nowhere: where: no registered worker matches host=no-such-host" in said
    assert "warning: where: no reg" in alone.call("job", "show", "nowhere").stdout


def test_a_job_runs_where_its_labels_are(alone: Standalone) -> None:
    saved(alone, "soon", "--schedule", "* * * * * * *", "--set", 'where=["role=db", "rack="]')

    def ran() -> bool:
        return "success" in alone.call("job", "log", "soon").stdout

    until(ran, why="it runs")


def test_a_label_that_every_worker_has_cannot_be_given() -> None:
    result = CliRunner().invoke(fleetcron, ["standalone", "--label", "host=x"])
    assert (result.exit_code, "host is a label that every" in result.stderr) == (2, True)


def test_jobs_of_a_file_are_warned_of_by_name(alone: Standalone) -> None:
    jobs = [
        {"name": name, "cronExpr": "@daily", "command": "true", "hosts": hosts}
        for name, hosts in (("one", "all"), ("three", 3))
    ]
    result = alone.call("job", "save", "--file", "-", given=json.dumps(jobs))
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: three: hosts: 3 are wanted, and 1 of the registered")
    assert result.stderr.count("warning") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "x", "--set", "where=[]"], "give one of the two"),
        (["--host", ""], "expected a host's name"),
        (["--host", "=x"], "expected a host's name"),
    ],
)
def test_a_host_that_is_none_is_wrong_usage(
    alone: Standalone, options: list[str], said: str
) -> None:
    result = alone.call("job", "save", "bad", *FIXED, *options)
    assert (result.exit_code, said in result.stderr) == (2, True)


def test_the_list_of_workers_shows_labels_as_terms(alone: Standalone) -> None:
    told = f" labels=host={HOST},ip=127.0.0.1,limits=(cgroup|rlimit),role=db "
    assert re.search(told, alone.call("worker", "list").stdout)
