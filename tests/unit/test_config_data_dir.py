"""Where a daemon keeps its state, and that nobody else can look into it."""

import os
from pathlib import Path

import pytest

from common.config import worker_data_dir
from common.data_dir import default_data_dir, hold_data_dir, prepare_data_dir
from common.errors import ConfigError


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_what_is_missing_is_made_for_us_alone(tmp_path: Path) -> None:
    prepare_data_dir(tmp_path / "a" / "b")
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700


def test_a_wider_directory_of_ours_is_tightened_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "wide"
    path.mkdir()
    path.chmod(0o755)
    prepare_data_dir(path)
    assert mode(path) == 0o700
    assert "had mode 0755" in caplog.text


@pytest.mark.parametrize("mark", ["store.db", "executors", "lost+found"])
def test_one_that_we_have_used_or_that_is_a_new_file_system_is_tightened(
    tmp_path: Path, mark: str
) -> None:
    (tmp_path / mark).mkdir()
    tmp_path.chmod(0o755)
    prepare_data_dir(tmp_path)
    assert mode(tmp_path) == 0o700


@pytest.mark.parametrize("wide", [0o1777, 0o755])
def test_an_open_directory_of_other_things_is_refused_and_left_as_it_is(
    tmp_path: Path, wide: int
) -> None:
    (tmp_path / "somebody's").touch()
    tmp_path.chmod(wide)
    with pytest.raises(ConfigError, match=r"holds other things.*chmod 700 "):
        prepare_data_dir(tmp_path)
    assert mode(tmp_path) == wide


def test_a_link_to_a_directory_of_ours_is_followed(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "private")
    prepare_data_dir(tmp_path / "link")


def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    foreign = Path("/proc/1/task") if os.geteuid() else tmp_path / "foreign"
    if not os.geteuid():
        foreign.mkdir()
        os.chown(foreign, 65534, 65534)
    with pytest.raises(ConfigError, match="belongs to user"):
        prepare_data_dir(foreign)


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(ConfigError, match=r"data directory .*: Not a directory"):
        prepare_data_dir(path)
    with pytest.raises(ConfigError, match="Not a directory"):
        prepare_data_dir(path / "below")


def test_the_default_is_systemds_first_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/one:/two")
    assert default_data_dir() == Path("/one")


def test_without_systemd_root_has_the_systems_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_data_dir() == Path("/var/lib/fleetcron")


@pytest.mark.parametrize(
    ("shared", "expected"),
    [
        ("/data", "/data/fleetcron"),
        ("", "/home/ann/.local/share/fleetcron"),
        ("relative", "/home/ann/.local/share/fleetcron"),
    ],
)
def test_another_user_has_a_directory_at_home(
    monkeypatch: pytest.MonkeyPatch, shared: str, expected: str
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setenv("XDG_DATA_HOME", shared)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_data_dir() == Path(expected)


def test_an_instance_has_a_directory_of_its_own(tmp_path: Path) -> None:
    assert worker_data_dir(tmp_path, "") == tmp_path
    assert worker_data_dir(tmp_path, "a") == tmp_path / "a"
    with pytest.raises(ConfigError, match=r"instance: '\.\.'"):
        worker_data_dir(tmp_path, "..")


def test_a_data_directory_that_is_held_is_refused_to_others_until_it_is_let_go(
    tmp_path: Path,
) -> None:
    held = hold_data_dir(tmp_path)
    with pytest.raises(ConfigError, match="in use by another daemon"):
        hold_data_dir(tmp_path)
    os.close(held)
    os.close(hold_data_dir(tmp_path))
