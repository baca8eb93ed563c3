"""The product of this checkout, installed over the root without changing it."""

import shlex
import shutil
from pathlib import Path

from tests.booted.programs import ADMINISTRATORS, CannotBoot, call
from tests.booted.root import CHECKOUT, VENV, root

NOT_THE_SOURCE = (".git", ".venv", ".*_cache", "__pycache__", "build", "dist", "*.egg-info")


class Installed:
    """The root with the product and its units in it: a layer of files over the root.

    Everything lies in `place`, which the caller removes.
    """

    def __init__(self, place: Path) -> None:
        """Build the product as it is in the checkout, and install it as its README says."""
        self.place = place
        self.layer = place / "layer"
        self.tree = place / "root"
        for path in (self.layer, self.tree, place / "work"):
            path.mkdir()
        _wheel(place, self.layer / "opt/product")
        upper = f"upperdir={self.layer},workdir={place / 'work'}"
        install = f"{VENV}/bin/pip install --quiet --no-index --no-deps /opt/product/*.whl"
        users = "systemd-sysusers"
        self._call(
            f"lowerdir={root()},{upper}",
            f'chroot "$1" sh -euc {shlex.quote(f"{install}; {users}")}',
        )

    def with_tree(self, *argv: str | Path) -> list[str | Path]:
        """A command that sees the whole tree at `tree`, read-only, and nobody else does."""
        return _mounting(self.tree, f"lowerdir={self.layer}:{root()}", 'shift; exec "$@"', *argv)

    def _call(self, options: str, script: str) -> None:
        call(*_mounting(self.tree, options, script))


def _mounting(tree: Path, options: str, script: str, *argv: str | Path) -> list[str | Path]:
    """A shell script that runs with an overlay mounted at `tree`, its $1; `argv` come after."""
    mount = f'PATH={ADMINISTRATORS}; mount -t overlay -o {shlex.quote(options)} fleetcron "$1"'
    return ["unshare", "--mount", "sh", "-euc", f"{mount}; {script}", "sh", tree, *argv]


def _wheel(place: Path, target: Path) -> None:
    """Build a wheel of a copy of the checkout, for a build leaves things behind; add the units."""
    source = place / "source"
    shutil.copytree(CHECKOUT, source, ignore=shutil.ignore_patterns(*NOT_THE_SOURCE))
    python = CHECKOUT / ".venv/bin/python"
    call(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", target, source)
    if not list(target.glob("*.whl")):
        raise CannotBoot(f"no wheel in {target}")
    etc = target.parents[1] / "etc"
    shutil.copytree(source / "systemd/sysusers.d", etc / "sysusers.d")
    units = etc / "systemd/system"
    units.mkdir(parents=True)
    for unit in source.glob("systemd/*.service"):
        shutil.copy(unit, units)
