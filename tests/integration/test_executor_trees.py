"""The whole tree of a run ends with it, wherever its processes went; with a cgroup and without."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cgroups import delegated
from tests.integration.executing import OF_OURS, Desk, desk, state_of

# A new session, twice forked, with nothing of ours open; `$0` gets its pid.
ESCAPE = (
    "setsid sh -c '(exec sleep 1000 <&- >&- 2>&-; true) & echo $! >>\"$0\"' {file} </dev/null"
    " >/dev/null 2>&1"
)
SCRUBBED = "env -i " + ESCAPE


@pytest.fixture(scope="module", params=["cgroup", "session"])
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """An executor with a cgroup of its own to make others in, and one without."""
    home = tmp_path_factory.mktemp("executor")
    if request.param == "session":
        with desk(home) as made:
            yield made
        return
    with (
        delegated() as directory,
        desk(home, config=replace(OF_OURS, cgroup=str(directory))) as made,
    ):
        yield made


def alive(file: Path) -> list[int]:
    """The pids in the file whose processes live."""
    return [pid for pid in map(int, file.read_text().split()) if state_of(pid) not in ("", "Z")]


def test_a_double_fork_in_a_new_session_ends_with_its_run(office: Desk, tmp_path: Path) -> None:
    file = tmp_path / "pids"
    end = office.run(ESCAPE.format(file=file) + "; echo done")
    assert (end.outcome, end.output) == ("success", b"done\n")
    assert file.read_text()
    assert alive(file) == []
    assert end.reason == "left 1 process, which was ended"
