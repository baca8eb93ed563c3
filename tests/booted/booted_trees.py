"""What runs start and leave, under the shipped units with delegation and without: all is ended."""

from collections.abc import Iterator

import pytest

from tests.booted.container import container
from tests.booted.product import Installed
from tests.booted.station import EXECUTOR, Station

SLEEP = "sleep 987654"
DAEMON = (
    "import os\n"
    "if os.fork(): os._exit(0)\n"
    "os.setsid()\n"
    "if os.fork(): os._exit(0)\n"
    "os.closerange(0, 256)\n"
    'os.execvp("sleep", ["sleep", "987654"])\n'
)
DOUBLE_FORK = f"python3 -c '{DAEMON}'"


@pytest.fixture(scope="module", params=["yes", "no"])
def station(installed: Installed, request: pytest.FixtureRequest) -> Iterator[Station]:
    """A container that the tests of one kind share, in which everything was started."""
    with container(installed) as guest:
        made = Station(guest)
        made.drop_in(EXECUTOR, f"[Service]\nDelegate={request.param}\n")
        made.start()
        log = guest.sh("journalctl --no-pager -o cat -u fleetcron-worker")
        assert ("each run has a cgroup" in log) == (request.param == "yes")
        yield made
        made.tell()


@pytest.fixture(autouse=True)
def _clean(station: Station) -> Iterator[None]:
    yield
    station.guest.attempt("pkill", "-f", SLEEP)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("keeps-stdout", f"{SLEEP} & echo hi"),
        ("new-session", f"setsid {SLEEP} & echo hi; sleep 0.3"),
        ("double-fork", f"{DOUBLE_FORK}; echo hi; sleep 0.3"),
    ],
)
def test_what_outlives_the_command_is_ended_with_it(
    station: Station, name: str, command: str
) -> None:
    station.run(name, command)
    record = station.record(name)
    assert (record["outcome"], record["output"]) == ("success", "hi\n")
    assert station.pids(SLEEP) == []


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("deaf", f"trap '' TERM; {SLEEP} & setsid {SLEEP} & wait; {SLEEP}"),
        ("gone", f"{DOUBLE_FORK}; trap '' TERM; {SLEEP}; {SLEEP}"),
    ],
)
def test_a_kill_ends_all_that_a_run_started(station: Station, name: str, command: str) -> None:
    station.run(name, command, killGraceSeconds=1)
    station.guest.until(f"pgrep -f '^{SLEEP}'")
    station.fleetcron("job", "kill", name)
    assert station.record(name)["outcome"] == "killed"
    assert station.pids(SLEEP) == []


def test_a_timeout_ends_all_that_a_run_started(station: Station) -> None:
    command = f"trap '' TERM; setsid {SLEEP} & {DOUBLE_FORK}; {SLEEP}"
    station.run("late", command, timeoutSeconds=2, killGraceSeconds=1)
    assert station.record("late")["outcome"] == "timeout"
    assert station.pids(SLEEP) == []


def test_a_run_that_closes_its_output_goes_on(station: Station) -> None:
    station.run("silent", "exec >&- 2>&-; sleep 2; touch /tmp/was-alive")
    assert station.record("silent")["outcome"] == "success"
    station.guest.run("test", "-e", "/tmp/was-alive")
