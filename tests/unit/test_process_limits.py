"""What limits processes, as the kernel's files tell it; for the real ones see row 31."""

import os
from pathlib import Path

import pytest

from worker.process_limits import Amount, ProcessLimits

HYBRID = """\
30 1 0:29 / {top}/pids rw - cgroup cgroup rw,pids
31 1 0:30 / {top}/cpu rw - cgroup cgroup rw,cpu
32 1 0:31 / {top}/unified rw - cgroup2 cgroup2 rw
"""
UNIFIED = "30 1 0:29 /inside {top}/with\\040space rw - cgroup2 cgroup2 rw\n"


class Kernel:
    """A /proc and cgroups of a test."""

    def __init__(self, top: Path) -> None:
        self.top, self.proc = top / "cgroup", top / "proc"
        self.write("sys/kernel/threads-max", "1000")
        self.write("sys/kernel/pid_max", "900")
        self.write("loadavg", "0.1 0.2 0.3 2/345 678")

    def write(self, name: str, text: str) -> None:
        """A file below /proc."""
        file = self.proc / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def process(self, pid: int, cgroup: str, mounts: str) -> None:
        """A process in a cgroup."""
        self.write(f"{pid}/cgroup", cgroup)
        self.write(f"{pid}/mountinfo", mounts.format(top=self.top))

    def cgroup(self, name: str, used: int, most: str) -> str:
        """A cgroup with so many processes; what it is called."""
        place = self.top / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "pids.current").write_text(f"{used}\n")
        (place / "pids.max").write_text(f"{most}\n")
        return f"processes of the cgroup {place}"

    def look(self, *pids: int) -> list[Amount]:
        """What is said of these, without the user's."""
        found = ProcessLimits(self.proc).look(pids)
        return [amount for amount in found if "user" not in amount.what]


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    """One for each test."""
    return Kernel(tmp_path)


def test_the_hosts_tasks_are_counted_by_the_kernel(kernel: Kernel) -> None:
    assert kernel.look(7) == [Amount("processes of the host", 345, 1000)]


def test_pid_max_counts_only_where_all_processes_are_seen(kernel: Kernel) -> None:
    (kernel.proc / "self" / "ns").mkdir(parents=True)
    namespace = kernel.proc / "self" / "ns" / "pid"
    os.symlink("pid:[4026531836]", namespace)
    assert kernel.look() == [Amount("processes of the host", 345, 900)]
    namespace.unlink()
    os.symlink("pid:[4026532999]", namespace)
    assert kernel.look() == [Amount("processes of the host", 345, 1000)]


def test_every_cgroup_on_the_way_up_counts_and_one_without_a_limit_does_not(
    kernel: Kernel,
) -> None:
    kernel.process(7, "8:pids:/a/b/c\n1:cpu:/x\n0::/\n", HYBRID)
    upper, lower = kernel.cgroup("pids/a", 5, "50"), kernel.cgroup("pids/a/b/c", 2, "30")
    kernel.cgroup("pids/a/b", 3, "max")
    kernel.cgroup("cpu/x", 9, "9")
    assert kernel.look(7)[:-1] == [Amount(lower, 2, 30), Amount(upper, 5, 50)]


def test_a_unified_hierarchy_may_be_seen_from_within_a_container(kernel: Kernel) -> None:
    kernel.process(7, "0::/inside/worker\n", UNIFIED)
    name = kernel.cgroup("with space/worker", 2, "30")
    assert kernel.look(7)[:-1] == [Amount(name, 2, 30)]


def test_two_executors_of_one_cgroup_count_it_once_and_its_limit_is_read_anew(
    kernel: Kernel,
) -> None:
    for pid in (7, 8):
        kernel.process(pid, "8:pids:/a\n", HYBRID)
    name = kernel.cgroup("pids/a", 2, "30")
    limits = ProcessLimits(kernel.proc)
    assert Amount(name, 2, 30) in limits.look((7, 8))
    kernel.cgroup("pids/a", 3, "40")
    assert limits.look((7, 8)).count(Amount(name, 3, 40)) == 1
    kernel.process(7, "8:pids:/b\n", HYBRID)
    assert Amount(kernel.cgroup("pids/b", 1, "9"), 1, 9) in limits.look((7, 8))


def test_a_process_that_is_gone_limits_nothing(kernel: Kernel) -> None:
    assert len(kernel.look(9)) == 1


def test_the_real_kernel_tells_more_tasks_than_none_and_fewer_than_it_may_have() -> None:
    host = ProcessLimits().look((os.getpid(),))[-1]
    assert 1 <= host.used < host.most
