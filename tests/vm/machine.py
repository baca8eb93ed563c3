"""A virtual machine that boots the root under Debian's own kernel.

Its processor is emulated everywhere, so that it is the same one on every host, with KVM or without.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.booted.guest import Guest, reach
from tests.booted.product import Installed
from tests.booted.programs import ADMINISTRATORS, call, require
from tests.booted.root import root
from tests.servers.child import Child

DISK_SIZE = "3G"
MEMORY_MIB = 1024
SLOW = 5.0
"""How much longer than on this host things may take where the processor is emulated."""


@contextmanager
def machine(installed: Installed) -> Iterator[Guest]:
    """A booted machine without network and with one disk; all of it is gone afterwards."""
    require("qemu-system-x86_64", "mke2fs")
    place = Path(tempfile.mkdtemp(prefix="machine-", dir=installed.place))
    disk = place / "disk"
    call(*installed.with_tree("mke2fs", "-q", "-t", "ext4", "-d", installed.tree, disk, DISK_SIZE))
    qemu = Child(_argv(root(), disk, place), place / "qemu.log", env={"PATH": ADMINISTRATORS})
    try:
        qemu.start()
        guest = reach(place / "agent.sock", qemu, SLOW, timeout=120.0)
        yield guest
        guest.close()
    finally:
        qemu.stop()
        shutil.rmtree(place)


def _argv(tree: Path, disk: Path, place: Path) -> list[str | Path]:
    kernel, initrd = (next((tree / "boot").glob(name)) for name in ("vmlinuz-*", "initrd.img-*"))
    command = "root=/dev/vda rw console=ttyS0 systemd.unified_cgroup_hierarchy=1 panic=-1"
    return [
        *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max"),
        *("-smp", "2", "-m", str(MEMORY_MIB), "-nic", "none", "-no-reboot"),
        *("-display", "none", "-monitor", "none", "-serial", f"file:{place / 'console'}"),
        *("-kernel", kernel, "-initrd", initrd, "-append", command),
        *("-drive", f"file={disk},if=virtio,format=raw,cache=unsafe"),
        *("-device", "virtio-rng-pci", "-device", "virtio-serial-pci"),
        *("-chardev", f"socket,id=agent,path={place / 'agent.sock'},server=on,wait=off"),
        *("-device", "virtserialport,chardev=agent,name=agent"),
    ]
