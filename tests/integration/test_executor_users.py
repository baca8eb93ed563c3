"""Runs as other users, with real executors: user, groups and surroundings exactly as said.

Where the tests run as root, `nobody` and `daemon` take part; elsewhere a worker is what it is.
"""

import json
import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.executing import Desk, desk, order
from tests.own_user import OWN_USER
from worker.executor_config import ExecutorConfig
from worker.helper import program

AS_ROOT = os.getuid() == 0
OTHER = "daemon" if AS_ROOT else OWN_USER
USER = pwd.getpwnam(OTHER)
ALLOWING = ExecutorConfig(default_user="", allowed_users=("*", "root"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An executor that lets jobs name everybody, and runs the others as nobody if it is root."""
    with desk(tmp_path_factory.mktemp("executor"), threads=2, config=ALLOWING) as made:
        yield made


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that everybody can enter and write into; those of pytest are closed to others."""
    with tempfile.TemporaryDirectory(prefix="open to all ") as name:
        place = Path(name).resolve()
        place.chmod(0o777)
        yield place


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
    office.link.submit(given)
    assert office.ended(given).output.decode() == f"{given.run_id}\n"


@pytest.mark.parametrize("user", ["", OTHER, OWN_USER])
def test_umask_and_directory_are_as_said(office: Desk, open_place: Path, user: str) -> None:
    command = "umask; pwd; touch made; stat -c %a-%U made; rm made"
    end = office.run(command, umask="0027", cwd=str(open_place), user=user)
    name = user or ("nobody" if AS_ROOT else OWN_USER)
    assert end.output.decode() == f"0027\n{open_place}\n640-{name}\n"


def test_a_user_starts_at_home_or_at_the_root(office: Desk) -> None:
    there = USER.pw_dir if os.path.isdir(USER.pw_dir) else "/"
    assert office.run("pwd", user=OTHER).output.decode() == f"{there}\n"
    nowhere = office.run("pwd; echo $HOME")  # nobody's home is not there
    assert not AS_ROOT or nowhere.output == b"/\n/nonexistent\n"


@pytest.mark.parametrize("user", [OTHER, OWN_USER])
def test_text_on_stdin_is_read_to_its_end(office: Desk, user: str) -> None:
    text = "first\nä\n" + "x" * 60_000
    assert office.run("cat", stdin=text, user=user).output.decode() == text
    assert office.run("cat; cat /dev/stdin", stdin="once\n", user=user).output == b"once\nonce\n"


@pytest.mark.parametrize("user", ["", OTHER, OWN_USER])
def test_what_it_prints_to_can_be_opened_by_name(office: Desk, user: str) -> None:
    end = office.run("echo one > /dev/stderr; echo two > /dev/stdout", user=user)
    assert (end.outcome, end.output) == ("success", b"one\ntwo\n")


@pytest.mark.parametrize("user", [OTHER, OWN_USER])
def test_words_are_given_to_the_program_as_they_are(office: Desk, user: str) -> None:
    words = ("printf", "[%s]", "a b", "", "$HOME", "*", "ä")
    end = office.run("never this", argv=words, user=user)
    assert end.output.decode() == "[a b][][$HOME][*][ä]"


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


def test_root_runs_with_the_groups_that_are_said(office: Desk) -> None:
    changed = {"user": "root", "group": "daemon", "groups": ("sys", "adm")}
    end = office.run("id -gn; id -Gn", **changed)
    if AS_ROOT:
        assert end.output.decode().splitlines()[0] == "daemon"
        assert set(end.output.decode().splitlines()[1].split()) == {"daemon", "sys", "adm"}
    else:
        assert "runs jobs only as its own user" in end.err


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"user": "no-such-user"}, "user no-such-user is not known to this host"),
        ({"group": "no-such-group"}, "group no-such-group is not known to this host"),
        ({"groups": ("daemon", "no-such")}, "group"),
        ({"cwd": "/no/such/place"}, "cwd /no/such/place: No such file or directory"),
        ({"cwd": "/etc/passwd"}, "cwd /etc/passwd: Not a directory"),
        ({"argv": ("/no/such",)}, "/no/such: No such file or directory"),
        ({"argv": ("no-such",)}, "no-such: not found in its PATH"),
        ({"argv": ("/etc/passwd",)}, "/etc/passwd: may not be executed: Permission denied"),
        ({"argv": ()}, "argv names no program"),
        ({"argv": ("",)}, "argv names no program"),
        ({"argv": ("echo", "x" * 200_000)}, "too large together: Argument list too long"),
        ({"env": {f"V{n}": "x" * 99_000 for n in range(40)}}, "Argument list too long"),
        ({"env": {"A": "\0"}}, "embedded null byte"),
        ({"env": {"A=B": ""}}, "illegal environment variable name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("user", ["", OTHER, OWN_USER], ids=["default", "other", "own"])
def test_what_cannot_be_started_says_which_step_failed(
    office: Desk, changed: dict[str, object], why: str, user: str
) -> None:
    end = office.run("true", **{"user": user, **changed})
    assert (end.outcome, end.exit_code, end.signal) == ("could_not_start", None, None)
    assert end.err.startswith("could not start: ")
    assert why in end.err
    assert (end.output, end.output_bytes) == (b"", 0)
    assert office.run("echo on", user=user).output == b"on\n"


@pytest.mark.parametrize("user", [OTHER, OWN_USER])
def test_each_kind_of_broken_program_has_its_own_sentence(
    office: Desk, open_place: Path, user: str
) -> None:
    script, text = open_place / "script", open_place / "text"
    script.write_text("#!/no/such/interpreter\n")
    text.write_text("plainly no program")
    for file in (script, text):
        file.chmod(0o755)
    ends = [office.run("", argv=(str(file),), user=user) for file in (script, text)]
    assert [end.outcome for end in ends] == ["could_not_start"] * 2
    assert ends[0].err.endswith("script: the interpreter that it names is not there")
    assert "text: neither a program nor a script that begins with #!" in ends[1].err
    here = {"cwd": str(open_place), "env": {"PATH": str(open_place)}, "user": user}
    assert "script: the interpreter" in office.run("", argv=("./script",), **here).err
    assert "script: the interpreter" in office.run("", argv=("script",), **here).err


def test_a_command_that_ends_with_127_by_itself_has_failed(office: Desk) -> None:
    end = office.run("no-such-command", user=OTHER)
    assert (end.outcome, end.exit_code) == ("failed", 127)
    assert office.run("exit 127", user=OTHER).outcome == "failed"


def test_a_directory_that_only_root_may_enter_is_none_for_others(
    office: Desk, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    end = office.run("pwd", cwd=str(tmp_path), user=OTHER)
    if AS_ROOT:
        assert end.err == f"could not start: cwd {tmp_path}: Permission denied"
    else:
        assert end.output.decode() == f"{tmp_path}\n"


def test_a_run_as_another_user_is_killed_with_all_that_it_started(office: Desk) -> None:
    given = office.submit("sleep 1000 & sleep 1000", user=OTHER)
    office.sleeping(given, 2)
    office.link.kill(given.run_id, "enough")
    assert office.ended(given).outcome == "killed"


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
    assert f"only as its own user {own.pw_name}, not as daemon" in ends[2][1]
    assert f"only as its own user {own.pw_name}, not as root" in ends[3][1]
    assert "own groups" in ends[4][1] or "does not belong" in ends[4][1]
