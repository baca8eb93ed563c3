"""Run the tests that need a booted systemd of their own.

python -m tests.booted [ARGUMENTS]      in a container, on this host's kernel
python -m tests.booted --vm [ARGUMENTS] in a virtual machine, with every cgroup controller

Needs root, and Debian's packages debootstrap and systemd-container or qemu-system-x86. The first
run makes a Debian root, in some minutes, in ~/.cache/fleetcron-tests or where FLEETCRON_TEST_ROOTS
says; what is left there of former roots can be removed. ARGUMENTS go to pytest.
"""

import sys

import pytest

from tests.booted.programs import CannotBoot, require
from tests.booted.root import root

IN_CONTAINER = "tests/booted"
IN_MACHINE = "tests/vm"
HOW = ("-n", "0", "--timeout=900", "-o", "python_files=booted_*.py")


def main(arguments: list[str]) -> int:
    """The exit code: 0 when everything held, 3 where this host cannot boot anything."""
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(__doc__ or "")
        return 0
    vm = arguments[:1] == ["--vm"]
    given = arguments[1:] if vm else arguments
    try:
        require("qemu-system-x86_64" if vm else "systemd-nspawn")
        sys.stdout.write(f"the root: {root()}\n")
    except CannotBoot as error:
        sys.stderr.write(f"cannot boot a root here: {error}\n")
        return 3
    places = (
        [] if any("booted_" in word for word in given) else [IN_MACHINE if vm else IN_CONTAINER]
    )
    return int(pytest.main([*HOW, *given, *places]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
