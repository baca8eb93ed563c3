"""Where runs may have cgroups: found in made-up /proc files and in the kernel's own directories."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from tests.cgroups import delegated, top
from worker.cgroup_mounts import Mount, directory_of, mounts, own_path
from worker.cgroup_place import NEEDED, CgroupRefused, Place, find, settle

HYBRID = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:4 - cgroup2 cgroup2 rw
"""
UNIFIED = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
BOUND = "30 23 0:26 /docker/a\\040b /mnt/c\\134d rw - cgroup2 cgroup2 rw\n"


@pytest.mark.parametrize(
    ("mountinfo", "found"),
    [
        (HYBRID, [Mount(Path("/sys/fs/cgroup/unified"), PurePosixPath("/"))]),
        (UNIFIED, [Mount(Path("/sys/fs/cgroup"), PurePosixPath("/"))]),
        (BOUND, [Mount(Path("/mnt/c\\d"), PurePosixPath("/docker/a b"))]),
        (HYBRID.replace("cgroup2", "cgroup"), []),
        ("", []),
    ],
    ids=["hybrid", "unified", "a part of it", "version 1 alone", "nothing"],
)
def test_version_two_is_found_wherever_it_is_mounted(mountinfo: str, found: list[Mount]) -> None:
    assert list(mounts(mountinfo)) == found


def test_the_own_cgroup_is_that_of_version_two() -> None:
    assert own_path("4:memory:/a\n1:name=systemd:/b\n0::/c/d.service\n") == PurePosixPath(
        "/c/d.service"
    )
    assert own_path("4:memory:/a\n") is None


@pytest.mark.parametrize(
    ("path", "directory"),
    [
        ("/docker/a/x", "/mnt/x"),
        ("/docker/a", "/mnt"),
        ("/docker/b", None),
        ("/docker/a/../../b", None),
    ],
)
def test_a_mount_shows_only_what_lies_below_its_root(path: str, directory: str | None) -> None:
    mount = Mount(Path("/mnt"), PurePosixPath("/docker/a"))
    found = directory_of(mount, PurePosixPath(path))
    assert found == (Path(directory) if directory else None)


def proc_of(place: Path, cgroup: str, mountinfo: str) -> Path:
    """A made-up /proc in which process 7 lives there."""
    (place / "7").mkdir(parents=True)
    (place / "7" / "cgroup").write_text(cgroup)
    (place / "7" / "mountinfo").write_text(mountinfo)
    return place


def found_in(tmp_path: Path, directory: Path) -> Place:
    """What is found for a process that lives in this directory of the kernel's."""
    mountinfo = Path("/proc/self/mountinfo").read_text()
    path = f"0::/{directory.relative_to(top())}\n"
    return find(pid="7", proc=proc_of(tmp_path / "proc", path, mountinfo))


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """A cgroup that is marked as delegated."""
    with delegated() as made:
        yield made


def test_a_host_without_version_two_is_called_one(tmp_path: Path) -> None:
    proc = proc_of(tmp_path, "4:memory:/a\n", HYBRID.replace("cgroup2", "cgroup"))
    place = find(pid="7", proc=proc)
    assert (place.directory, place.limits) == (None, "rlimit")
    assert place.why == "this host has no cgroup v2"


def test_cgroups_that_are_turned_off_are_not_looked_for(tmp_path: Path) -> None:
    assert find("off", proc=tmp_path / "nothing").why == "cgroups are turned off (setting cgroup)"


def test_a_process_that_is_gone_has_no_place(tmp_path: Path) -> None:
    assert "cannot be read" in find(pid="7", proc=tmp_path).why


@pytest.mark.parametrize("mark", ["trusted.delegate", "user.delegate"])
def test_what_was_delegated_is_found_from_itself_and_from_a_leaf_in_it(
    tmp_path: Path, mark: str
) -> None:
    with delegated(mark) as cgroup:
        leaf = cgroup / "leaf"
        leaf.mkdir()
        assert found_in(tmp_path / "a", cgroup).directory == cgroup
        assert found_in(tmp_path / "b", leaf).directory == cgroup


def test_what_was_not_delegated_is_left_alone_even_where_it_could_be_written(
    tmp_path: Path,
) -> None:
    with delegated("") as cgroup:
        place = found_in(tmp_path, cgroup)
    assert place.directory is None
    assert f"its cgroup {cgroup} is not delegated to it" in place.why


def test_what_another_unit_was_delegated_is_not_ours(tmp_path: Path, cgroup: Path) -> None:
    """A user's service manager has its own cgroup delegated, and manages those of its units."""
    other = cgroup / "other.service"
    other.mkdir()
    assert found_in(tmp_path, other).directory is None


def test_only_what_has_all_controllers_keeps_the_limits() -> None:
    assert Place(Path("/c"), NEEDED | {"io"}).limits == "cgroup"
    assert Place(Path("/c"), NEEDED - {"pids"}).limits == "rlimit"
    assert Place(None).limits == "rlimit"


def test_a_cgroup_that_is_named_is_made_and_taken(cgroup: Path) -> None:
    assert find(str(cgroup)).directory == cgroup
    assert find(str(cgroup / "new")).directory == cgroup / "new"


@pytest.mark.parametrize("name", ["/tmp", "/no/such/place", "/etc/passwd"])
def test_a_directory_that_is_no_cgroup_is_refused_by_name(name: str) -> None:
    with pytest.raises(CgroupRefused, match=f"cgroup: {name}"):
        find(name)


def test_whoever_lives_in_the_place_moves_to_a_leaf_and_what_lacks_is_said(cgroup: Path) -> None:
    """Without controllers on this host's version 2, all of them lack; with them, none."""
    code = (
        "import sys; from pathlib import Path; from worker.cgroup_place import Place, settle;"
        "place = settle(Place(Path(sys.argv[1])), 'me'); print(place.limits, place.why, sep='|');"
        "print(Path('/proc/self/cgroup').read_text())"
    )
    join = f'echo $$ >{cgroup}/cgroup.procs && exec "$@"'
    argv = ["sh", "-c", join, "sh", sys.executable, "-c", code, str(cgroup)]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    limits, _, why = said.splitlines()[0].partition("|")
    assert f"0::/{cgroup.relative_to(top())}/me\n" in said
    having = set((cgroup / "cgroup.controllers").read_text().split())
    assert limits == ("cgroup" if having >= NEEDED else "rlimit")
    lacking = ", ".join(sorted(NEEDED - having))
    assert why == (f"{cgroup} has no controller for {lacking}" if lacking else "")


def test_a_place_that_is_none_stays_none() -> None:
    nowhere = Place(None, why="a reason")
    assert settle(nowhere, "me") == nowhere
