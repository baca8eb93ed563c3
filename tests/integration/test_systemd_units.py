"""The systemd units, judged by systemd's own tools against an installed tree."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from common.config import WorkerConfig

SHIPPED = Path(__file__).parents[2] / "systemd"
HOST_UNITS = Path("/usr/lib/systemd/system")
WORKERS = ["fleetcron-worker.service", "fleetcron-worker@.service"]
DAEMONS = ["fleetcron-master.service", *WORKERS]
NURSERIES = ["fleetcron-executor.service", "fleetcron-executor@.service"]
UNITS = [*DAEMONS, *NURSERIES]
PAIRS = list(zip(WORKERS, NURSERIES, strict=True))
USERS = ["fleetcron-master", "fleetcron-worker"]


def systemd(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run one of systemd's tools; where it is not installed, the test says that it was not run."""
    if shutil.which(program) is None:
        reason = f"not run: {program} is not installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return subprocess.run(
        [program, *arguments],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
    )


def verify(tree: Path, unit: str) -> "subprocess.CompletedProcess[str]":
    """What systemd-analyze says of an installed unit; of the template, of one instance."""
    name = unit.replace("@.", "@second.")
    return systemd("systemd-analyze", "verify", "--man=no", f"--root={tree}", name)


def service(unit: str) -> configparser.SectionProxy:
    """The unit's [Service] section; of a key that stands there twice the last value."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read(SHIPPED / unit)
    return parser["Service"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A root with our units and users, the host's own units, and the program where they say."""
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    for unit in UNITS:
        shutil.copy(SHIPPED / unit, units)
    if HOST_UNITS.exists():
        shutil.copytree(HOST_UNITS, tmp_path / "usr/lib/systemd/system", symlinks=True)
    program = tmp_path / "opt/fleetcron/bin/fleetcron"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    shutil.copy(program, program.with_name("python"))
    return tmp_path


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_verified_clean(tree: Path, unit: str) -> None:
    done = verify(tree, unit)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_the_check_notices_a_misspelt_key(tree: Path, unit: str) -> None:
    path = tree / "etc/systemd/system" / unit
    path.write_text(path.read_text().replace("KillMode=", "KillMood="))
    assert "KillMood" in verify(tree, unit).stdout


def test_the_units_users_are_made(tmp_path: Path) -> None:
    conf = SHIPPED / "sysusers.d/fleetcron.conf"
    done = systemd("systemd-sysusers", "--dry-run", f"--root={tmp_path}", str(conf))
    assert done.returncode == 0, done.stdout
    assert all(f"user '{user}' (fleetcron" in done.stdout for user in USERS)
    assert [service(unit)["User"] for unit in UNITS] == [USERS[0], *[USERS[1]] * 4]


@pytest.mark.parametrize("unit", UNITS)
def test_a_daemon_is_ready_when_it_says_so_and_keeps_its_state_to_itself(unit: str) -> None:
    assert service(unit)["Type"] == "notify"
    assert service(unit)["StateDirectoryMode"] == "0700"


@pytest.mark.parametrize("unit", WORKERS)
def test_a_workers_state_lies_apart_from_where_its_jobs_start(unit: str) -> None:
    own, home = service(unit)["StateDirectory"].split()
    assert f" --data %S/{own}" in service(unit)["ExecStart"]
    assert f" /var/lib/{home}\n" in (SHIPPED / "sysusers.d/fleetcron.conf").read_text() + "\n"


@pytest.mark.parametrize("unit", DAEMONS)
def test_the_program_takes_what_its_unit_gives_it(unit: str, tmp_path: Path) -> None:
    _, *arguments = service(unit)["ExecStart"].replace("%i", "second").split()
    given = [
        part.replace("/etc", str(tmp_path))
        .replace("%S", str(tmp_path))
        .replace("%t", str(tmp_path))
        for part in arguments
    ]
    done = subprocess.run(
        [sys.executable, "-m", "cli", *given], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1, done.stderr
    assert f"{tmp_path}/fleetcron/{'master' if 'master' in unit else 'worker'}.toml" in done.stderr


@pytest.mark.parametrize("unit", [*WORKERS, *NURSERIES])
def test_a_worker_has_time_to_stop_before_systemd_kills_it(unit: str) -> None:
    assert float(service(unit)["TimeoutStopSec"]) > WorkerConfig().stop_timeout_seconds + 10


def test_the_worker_and_its_instances_differ_only_where_they_must() -> None:
    assert differing(WORKERS) == {"execstart", "syslogidentifier", "statedirectory"}
    assert differing(NURSERIES) == {"execstart", "syslogidentifier", "runtimedirectory"}


def differing(units: list[str]) -> set[str]:
    """The keys of two units' [Service] sections that differ."""
    one, many = (dict(service(unit)) for unit in units)
    return {key for key in one | many if one.get(key) != many.get(key)}


@pytest.mark.parametrize(("worker", "nursery"), PAIRS)
def test_a_worker_wants_its_executors_and_finds_them_where_they_listen(
    worker: str, nursery: str
) -> None:
    name = nursery.replace("@.", "@%i.")
    text = (SHIPPED / worker).read_text()
    assert all(name in line for line in text.splitlines() if line.startswith(("Wants=", "After=")))
    place = f"%t/{service(nursery)['RuntimeDirectory']}"
    assert service(worker)["ExecStart"].endswith(f" --nursery {place}")
    assert service(nursery)["ExecStart"].endswith(f" -m worker.nursery {place}")


@pytest.mark.parametrize("nursery", NURSERIES)
def test_executors_outlive_a_restart_of_the_worker_but_not_its_stop(nursery: str) -> None:
    assert "\nStopWhenUnneeded=yes\n" in (SHIPPED / nursery).read_text()
    assert service(nursery)["Delegate"] == "yes"


def test_the_master_is_confined() -> None:
    unit = str(SHIPPED / UNITS[0])
    done = systemd("systemd-analyze", "security", "--offline=yes", "--threshold=20", unit)
    assert done.returncode == 0, done.stdout
