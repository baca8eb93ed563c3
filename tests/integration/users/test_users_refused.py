"""What a worker refuses that lets jobs name few, that is not root, or that lacks the helper."""

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.executing import desk
from tests.other_user import ALLOWING, AS_ROOT, OTHER
from tests.own_user import OWN_USER
from worker.executor_config import ExecutorConfig
from worker.helper import program


def test_users_that_are_not_listed_are_refused(tmp_path: Path) -> None:
    with desk(tmp_path / "strict", config=ExecutorConfig(default_user=OWN_USER)) as strict:
        assert strict.run("true").outcome == strict.run("true", user=OWN_USER).outcome == "success"
        end = strict.run("true", user="daemon")
        assert (end.outcome, "not allowed" in end.err) == ("could_not_start", True)


def test_without_the_helper_setpriv_switches_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(_without_helper(tmp_path)))
    with desk(tmp_path / "poor", config=ALLOWING) as poor:
        assert poor.run("id -un; pwd; umask", user=OTHER, cwd="/usr", umask="0077").output == (
            f"{OTHER}\n/usr\n0077\n".encode()
        )
        assert poor.run("cat", stdin="text", user=OTHER).output == b"text"
        for changed in ({"nice": 3}, {"io_class": "idle"}):
            assert "need the helper" in poor.run("true", **changed).err
        loaded = poor.run("true", user=OTHER, env={"LD_PRELOAD": "/tmp/mine.so"})
        assert loaded.outcome == ("could_not_start" if AS_ROOT else "success")


def test_without_the_helper_no_run_starts_where_its_user_may_not_go(
    tmp_path: Path, open_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, here = tmp_path / "closed", str(open_place)
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("PYTHONPATH", str(_without_helper(tmp_path)))
    with desk(tmp_path / "poor", config=ALLOWING) as poor:
        end = poor.run("pwd", user=OTHER, cwd=str(closed))
        if AS_ROOT:
            assert (end.outcome, end.exit_code) == ("failed", 125)
            assert b"Permission denied" in end.output
        else:
            assert end.output.decode() == f"{closed}\n"
        assert poor.run("pwd", user=OTHER, cwd=here).output.decode() == f"{here}\n"
        told = poor.run("", argv=("/usr/bin/env",), user=OTHER, cwd=here).output.decode()
        assert not {"PWD", "OLDPWD", "_"} & {line.partition("=")[0] for line in told.splitlines()}
        assert "cwd /no/such: No such file" in poor.run("pwd", user=OTHER, cwd="/no/such").err


def _without_helper(folder: Path) -> Path:
    """A place on Python's path by which an executor finds no helper."""
    place = folder / "site"
    place.mkdir()
    (place / "sitecustomize.py").write_text(
        "import os, os.path\n"
        f"missing, access = {str(program.HELPER)!r}, os.access\n"
        "os.access = lambda path, *a, **b: str(path) != missing and access(path, *a, **b)\n"
    )
    return place


NOT_ROOT = """
import json, sys
from pathlib import Path
from tests.integration.executing import desk
from worker.executor_config import ExecutorConfig
with desk(Path(sys.argv[1]), config=ExecutorConfig(allowed_users=("*", "root"))) as made:
    for said in json.load(sys.stdin):
        end = made.run("id -un", **said)
        print(json.dumps([end.outcome, end.err, end.output.decode()]))
"""


def test_a_worker_that_is_not_root_runs_jobs_as_itself_alone(tmp_path: Path) -> None:
    place = tmp_path / "own"
    place.mkdir(mode=0o700)
    command = [sys.executable, "-c", NOT_ROOT, str(place)]
    own = pwd.getpwuid(os.getuid())
    if AS_ROOT:  # reading the checkout and the interpreter, wherever they lie, is all it may
        own = pwd.getpwnam("nobody")
        os.chown(place, own.pw_uid, own.pw_gid)
        may = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        who = [f"--reuid={own.pw_uid}", f"--regid={own.pw_gid}", "--clear-groups"]
        command = ["setpriv", *who, *may, *command]
    jobs = [{}, {"user": own.pw_name}, {"user": "daemon"}, {"user": "root"}, {"group": "daemon"}]
    done = subprocess.run(command, input=json.dumps(jobs), text=True, capture_output=True, cwd=".")
    ends = [json.loads(line) for line in done.stdout.splitlines()]
    assert ends[:2] == [["success", "", f"{own.pw_name}\n"]] * 2, done.stderr
    assert [end[0] for end in ends[2:]] == ["could_not_start"] * 3
    assert f"only as its own user '{own.pw_name}', not as 'daemon'" in ends[2][1]
    assert f"only as its own user '{own.pw_name}', not as 'root'" in ends[3][1]
    assert "own groups" in ends[4][1] or "does not belong" in ends[4][1]
