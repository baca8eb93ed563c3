"""What cannot be started says which step failed, whoever runs it."""

from pathlib import Path

import pytest

from tests.integration.executing import Desk
from tests.other_user import AS_ROOT, OTHER
from tests.own_user import OWN_USER


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"user": "no-such-user"}, "user 'no-such-user' is not known to this host"),
        ({"group": "no-such-group"}, "group 'no-such-group' is not known to this host"),
        ({"groups": ("daemon", "no-such")}, "group"),
        ({"cwd": "/no/such/place"}, "cwd /no/such/place: No such file or directory"),
        ({"cwd": "/etc/passwd"}, "cwd /etc/passwd: Not a directory"),
        ({"argv": ("/no/such",)}, "start: argv /no/such: No such file or directory"),
        ({"argv": ("no-such",)}, "start: argv no-such: not found in its PATH"),
        ({"argv": ("/etc/passwd",)}, "start: argv /etc/passwd: may not be executed: Permission"),
        ({"shell": "/no/such"}, "start: shell /no/such: No such file or directory"),
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
    assert end.err == "exit status 127, by which a shell says that there is no such command"
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
