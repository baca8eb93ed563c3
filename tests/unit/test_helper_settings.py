"""What the helper is told, and what it reports in its turn."""

import errno
import resource

import pytest

from worker.helper.report import sentence
from worker.helper.settings import Settings


def test_nothing_to_change_is_no_word() -> None:
    assert Settings().words() == []


def test_what_needs_root_is_done_before_the_user_is_switched_and_what_the_user_may_after() -> None:
    settings = Settings(
        cgroup="/sys/fs/cgroup/a b/cgroup.procs",
        oom_score_adj=500,
        limits=((resource.RLIMIT_NOFILE, 64, 128), (resource.RLIMIT_AS, -1, -1)),
        nice=-5,
        io=(2, 7),
        groups=(5, 6),
        gid=7,
        uid=8,
        directory="/srv/a b",
    )
    assert settings.words() == [
        "c/sys/fs/cgroup/a b/cgroup.procs",
        "o500",
        "l7:64:128",
        "l9:-1:-1",
        "G5,6",
        "g7",
        "u8",
        "n-5",
        "i16391",
        "d/srv/a b",
    ]


def test_a_cgroup_that_is_open_must_be_inherited() -> None:
    assert Settings(cgroup=9).words() == ["C9"]
    assert Settings(cgroup=9).descriptors == (9,)
    assert Settings(cgroup="/a").descriptors == ()


def test_no_supplementary_group_is_not_the_same_as_the_executors() -> None:
    assert Settings(groups=()).words() == ["G"]


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (b"1 u0", "switching to user root: Operation not permitted"),
        (b"1 u4294967294", "switching to user 4294967294: Operation not permitted"),
        (b"1 g0", "switching to group root: Operation not permitted"),
        (b"2 d/a b", "cwd /a b: No such file or directory"),
        (b"13 n-5", "nice -5: only root may have less than the worker, or who has a limit that"),
        (b"1 i8196", "ioClass: only root may have realtime: Operation not permitted"),
        (
            b"1 l7:9:9",
            "limiting open files (limitOpenFiles) to 9: the worker itself may not have so",
        ),
        (b"22 l99:1:1", "limiting resource 99 to 1: Invalid argument"),
        (b"2 xnonesuch", "nonesuch: not found in its PATH"),
        (b"2 x/a/nonesuch", "/a/nonesuch: No such file or directory"),
        (b"13 x/etc/passwd", "/etc/passwd: may not be executed: Permission denied"),
        (b"2 b/a/script", "/a/script: the interpreter that it names is not there"),
        (b"8 x/a/text", "/a/text: neither a program nor a script that begins with #!: Exec format"),
        (b"7 x/bin/true", "its arguments and environment are too large together: Argument list"),
        (b"5 x/bin/\xff", "/bin/\N{REPLACEMENT CHARACTER}: Input/output error"),
        (b"95 ?new", "step ?new: Operation not supported"),
        (b"what", "the helper failed: 'what'"),
        (b"1 ", "the helper failed: '1 '"),
    ],
)
def test_a_report_is_a_sentence(report: bytes, said: str) -> None:
    assert sentence(report).startswith(said)


def test_every_error_that_the_helper_tells_apart_is_linuxs() -> None:
    assert (errno.ENOENT, errno.E2BIG, errno.EACCES) == (2, 7, 13)
    assert (errno.ENOTDIR, errno.ENAMETOOLONG) == (20, 36)
