"""How the package is built: with the helper where it can be compiled, and without it elsewhere."""

import platform
import shutil
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import helper_program
import pytest

ROOT = Path(__file__).parents[2]
USELESS = """for word; do before=$last; last=$word; [ "$before" = -o ] && : >$word; done"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree as far as the helper needs one, with what an earlier build left."""
    place = tmp_path / "tree"
    (place / helper_program.PROGRAM).parent.mkdir(parents=True)
    shutil.copy2(ROOT / helper_program.SOURCE, place / helper_program.SOURCE)
    for old in (place, place / "build/lib"):
        (old / helper_program.PROGRAM).parent.mkdir(parents=True, exist_ok=True)
        (old / helper_program.PROGRAM).write_text("of an earlier build")
    return place


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A host without any compiler."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(helper_program, "find_spec", lambda name: None)


def is_built(tree: Path) -> bool:
    """Whether there is a helper that runs."""
    program = tree / helper_program.PROGRAM
    return program.exists() and subprocess.run([program, "--", "/bin/true"]).returncode == 0


def test_the_helper_replaces_that_of_an_earlier_build(tree: Path) -> None:
    assert helper_program.build(tree)
    assert is_built(tree)
    assert (tree / helper_program.PROGRAM).stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in (tree / "worker/helper").iterdir()) == ["run", "run.c"]


def test_a_compiler_is_asked_for_only_where_there_is_none(
    no_compiler: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert helper_program.requirements() == ["ziglang"]
    monkeypatch.setenv("CC", "/opt/cc -pipe")
    assert helper_program.requirements() == []
    assert helper_program.compiler() == ["/opt/cc", "-pipe"]


@pytest.mark.parametrize(("name", "value"), [("FLEETCRON_HELPER", "no"), ("machine", "riscv64")])
def test_no_compiler_is_asked_for_where_it_is_of_no_use(
    no_compiler: None, tree: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    if name == "machine":
        monkeypatch.setattr(platform, "machine", lambda: value)
    else:
        monkeypatch.setenv(name, value)
    assert helper_program.requirements() == []
    assert not helper_program.build(tree)


def test_without_a_compiler_nothing_old_is_left_and_it_is_said(
    no_compiler: None, tree: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not helper_program.build(tree)
    assert not list(tree.rglob("run"))
    assert "built without its helper: there is no C compiler" in capfd.readouterr().err


def test_the_ziglang_package_is_used_where_it_was_installed(
    no_compiler: None,
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(helper_program, "find_spec", lambda name: ModuleSpec(name, None))
    assert not helper_program.build(tree)  # it only seems to be installed
    assert f"{sys.executable} -m ziglang cc does not build it" in capfd.readouterr().err


@pytest.mark.parametrize("script", ["exit 1", USELESS], ids=["fails", "useless"])
def test_a_compiler_that_fails_or_makes_what_does_not_run_leaves_no_helper(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text(f"#!/bin/sh\n{script}\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    assert not helper_program.build(tree)
    assert [path.name for path in (tree / "worker/helper").iterdir()] == ["run.c"]
