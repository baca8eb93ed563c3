"""Where a run starts, what it reads, where it prints and which words it has, whoever runs it."""

import os
from pathlib import Path

import pytest

from tests.integration.executing import Desk
from tests.other_user import AS_ROOT, OTHER, USER
from tests.own_user import OWN_USER


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
