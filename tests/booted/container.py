"""A container with a systemd of its own, on this host's kernel."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.booted.guest import Guest, reach
from tests.booted.product import Installed
from tests.booted.programs import ADMINISTRATORS, require
from tests.servers.child import Child

V2_ALONE = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "PATH": ADMINISTRATORS}


@contextmanager
def container(installed: Installed) -> Iterator[Guest]:
    """A booted container without network; what it writes goes to memory, and is gone with it."""
    require("systemd-nspawn")
    shared = Path(tempfile.mkdtemp(prefix="container-", dir=installed.place))
    argv = installed.with_tree(*_argv(installed.tree, shared))
    nspawn = Child(argv, shared / "console", env=V2_ALONE)
    try:
        nspawn.start()
        guest = reach(shared / "agent.sock", nspawn)
        yield guest
        guest.close()
    finally:
        nspawn.stop(timeout=20.0)
        shutil.rmtree(shared)


def _argv(tree: Path, shared: Path) -> list[str | Path]:
    """No machined, no scope of its own: neither need run on this host."""
    apart = ("--register=no", "--keep-unit", "--private-network", "--link-journal=no")
    boot = ("--machine=booted", "--boot", "--console=read-only", "--volatile=overlay")
    return ["systemd-nspawn", *apart, *boot, "-D", tree, f"--bind={shared}:/mnt/agent"]
