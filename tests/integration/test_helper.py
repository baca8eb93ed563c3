"""The helper as it was built: each of its steps, and how it says that one failed."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import helper_program
import pytest

from worker.helper.report import NOT_STARTED, sentence
from worker.helper.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def helper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The helper, built anew by this machine's compiler from the source."""
    place = tmp_path_factory.mktemp("tree")
    source = place / helper_program.SOURCE
    source.parent.mkdir(parents=True)
    source.write_bytes((ROOT / helper_program.SOURCE).read_bytes())
    assert helper_program.build(place)
    return place / helper_program.PROGRAM


def run(
    helper: Path, words: Sequence[str], *command: str, path: str = os.defpath
) -> "subprocess.CompletedProcess[str]":
    """Run a command by way of the helper; its report, if any, is in `stderr`."""
    return subprocess.run(
        [str(helper), "r2", *words, "--", *command],
        env={"PATH": path},
        cwd="/",
        text=True,
        capture_output=True,
        timeout=20,
    )


def why_not(helper: Path, words: Sequence[str], *command: str, path: str = os.defpath) -> str:
    """The sentence of a run that must not start."""
    done = run(helper, words, *command, path=path)
    assert (done.returncode, done.stdout) == (NOT_STARTED, "")
    return sentence(done.stderr.encode())


def test_it_becomes_the_command_with_its_arguments_and_environment(helper: Path) -> None:
    done = run(helper, [], "/usr/bin/env", "A=b c", "sh", "-c", 'echo "$A|$1|$2"', "x", "", "--")
    assert (done.stdout, done.stderr) == ("b c||--\n", "")


def test_the_command_does_not_get_the_descriptor_of_the_report(helper: Path) -> None:
    reader, writer = os.pipe()
    try:
        listed = subprocess.run(
            [str(helper), f"r{writer}", "--", "/bin/ls", "/proc/self/fd"],
            pass_fds=(writer,),
            capture_output=True,
            text=True,
        )
    finally:
        os.close(writer)
    with os.fdopen(reader, "rb") as reports:
        assert reports.read() == b""
    assert str(writer) not in listed.stdout.split()


def test_the_surroundings_are_exactly_as_said(helper: Path) -> None:
    ours = Settings(nice=3, io=(3, 0), oom_score_adj=700, directory="/usr", limits=((7, 50, 60),))
    command = "nice; cat /proc/self/oom_score_adj; ulimit -Sn; ulimit -Hn; pwd; ionice"
    said = run(helper, ours.words(), "sh", "-c", command).stdout.split()
    assert said == ["3", "700", "50", "60", "/usr", "idle"]


def test_it_joins_a_cgroup_by_writing_0_into_its_file(helper: Path, tmp_path: Path) -> None:
    procs, other = tmp_path / "cgroup.procs", tmp_path / "other"
    procs.touch()
    run(helper, Settings(cgroup=str(procs)).words(), "true")
    assert procs.read_text() == "0"
    with other.open("wb") as file:
        words = Settings(cgroup=file.fileno()).words()
        listed = subprocess.run(
            [str(helper), *words, "--", "/bin/ls", "/proc/self/fd"],
            pass_fds=(file.fileno(),),
            capture_output=True,
            check=True,
            text=True,
        )
        assert str(file.fileno()) not in listed.stdout.split()
    assert other.read_text() == "0"


def test_root_becomes_another_user_for_good_and_nobody_else_does(helper: Path) -> None:
    nobody = Settings(groups=(5, 3), gid=1, uid=65534).words()
    if os.getuid():
        assert "supplementary groups: Operation not permitted" in why_not(helper, nobody, "true")
        return
    status = run(helper, nobody, "cat", "/proc/self/status").stdout.splitlines()
    fields = {line.partition(":")[0]: line.split()[1:] for line in status}
    assert fields["Uid"] == ["65534"] * 4
    assert fields["Gid"] == ["1"] * 4
    assert fields["Groups"] == ["3", "5"]
    assert fields["CapEff"] == fields["CapPrm"] == ["0000000000000000"]


@pytest.mark.parametrize("word", ["u-1", "u4294967295", "u4294967296", "g-1", "g4294967295"])
def test_a_number_that_would_leave_the_process_as_it_is_makes_no_sense(
    helper: Path, word: str
) -> None:
    done = run(helper, [word], "id", "-u")
    assert (done.returncode, done.stdout) == (126, "")


KEY_OWNER = """
import ctypes, os, subprocess, sys
keyctl = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
call = ctypes.CDLL(None).syscall
call(keyctl, 1, None)
call(keyctl - 2, b"user", b"key-of-ours", b"value", 5, -3)
subprocess.run([*sys.argv[1:], "cat", "/proc/keys"])
"""


def test_another_user_does_not_get_the_keys_of_our_session(helper: Path) -> None:
    words = Settings(groups=(), gid=1, uid=65534).words() if os.getuid() == 0 else ["n1"]
    command = [sys.executable, "-c", KEY_OWNER, str(helper), *words, "--"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert os.getuid() or "key-of-ours" not in told


def test_home_is_left_for_the_root_directory_where_it_cannot_be_entered(helper: Path) -> None:
    assert run(helper, ["h/usr"], "pwd").stdout == "/usr\n"
    assert run(helper, ["h/no/such/home"], "pwd").stdout == "/\n"


def test_the_command_is_looked_for_in_the_path_of_its_environment(
    helper: Path, tmp_path: Path
) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    (tmp_path / "a/tool").write_text("not executable")
    (tmp_path / "b/tool").mkdir()
    (tmp_path / "c/tool").write_text("#!/bin/sh\necho found $0\n")
    (tmp_path / "c/tool").chmod(0o755)
    path = ":".join(str(tmp_path / name) for name in ("none", "a", "b", "c"))
    assert run(helper, [], "tool", path=path).stdout == f"found {tmp_path}/c/tool\n"
    here = run(helper, [f"d{tmp_path}/c"], "tool", path="/none:")
    assert here.stdout == "found tool\n"
    denied = why_not(helper, [], "tool", path=f"{tmp_path}/a:{tmp_path}/none")
    assert denied == "tool: may not be executed: Permission denied"


@pytest.mark.parametrize("path", ["", "/none", "/none:/nor/this", "x" * 9000])
def test_a_command_that_is_nowhere_is_not_found(helper: Path, path: str) -> None:
    assert why_not(helper, [], "nonesuch", path=path) == "nonesuch: not found in its PATH"


def test_each_way_not_to_be_a_program_has_its_own_sentence(helper: Path, tmp_path: Path) -> None:
    script, text, plain = (tmp_path / name for name in ("script", "text", "plain"))
    script.write_text("#!/no/such/interpreter\n")
    text.write_text("plainly no program")
    plain.write_text("#!/bin/sh\n")
    for file in (script, text):
        file.chmod(0o755)
    assert why_not(helper, [], str(script)).endswith("the interpreter that it names is not there")
    assert "neither a program nor a script" in why_not(helper, [], str(text))
    assert "may not be executed" in why_not(helper, [], str(plain))
    assert why_not(helper, [], "/no/such") == "/no/such: No such file or directory"
    assert "not found" in why_not(helper, [], "")


def test_a_step_that_fails_keeps_the_command_from_starting(helper: Path) -> None:
    assert why_not(helper, ["d/no/such"], "true") == "cwd /no/such: No such file or directory"
    assert "joining the cgroup of /no/such" in why_not(helper, ["c/no/such"], "true")
    assert why_not(helper, ["C77"], "true") == "joining its cgroup: Bad file descriptor"
    assert why_not(helper, ["i99999"], "true") == "ioClass: Invalid argument"


@pytest.mark.parametrize(("letter", "size"), [("a", 501), ("ä", 250), ("語", 167)])
def test_what_is_too_long_for_a_report_is_seen_to_go_on(
    helper: Path, letter: str, size: int
) -> None:
    for more in ("", "x", "xx"):
        path = f"/{more}{letter * 1000}"
        told = why_not(helper, [f"d{path}"], "true")
        cut, _, why = told.removeprefix("cwd ").partition("...")
        assert why == ": File name too long"
        assert path.startswith(cut)
        assert size <= len(cut) <= size + 4
    short = f"/{'a' * 400}"
    assert why_not(helper, [f"d{short}"], "true") == f"cwd {short}: File name too long"


@pytest.mark.parametrize("words", [["zz"], ["u"], ["u-"], ["u1x"], ["l7:1"], ["G1;2"], [""]])
def test_words_that_make_no_sense_start_nothing(helper: Path, words: list[str]) -> None:
    done = run(helper, words, "echo", "started")
    assert (done.returncode, done.stdout) == (126, "")


def test_without_a_command_nothing_happens(helper: Path) -> None:
    for arguments in ([], ["u65534"], ["--"]):
        assert subprocess.run([str(helper), *arguments]).returncode == 126
