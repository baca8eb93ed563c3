"""What a command finds around it: a small clean place with nothing of the daemon's."""

import os
import pwd
import resource
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.integration.executing import Desk, desk, order

DAEMONS_OWN = {
    "NOTIFY_SOCKET": "/run/notify",
    "WATCHDOG_USEC": "1000",
    "WATCHDOG_PID": "1",
    "LISTEN_FDS": "1",
    "LISTEN_PID": "1",
    "JOURNAL_STREAM": "8:1",
    "CREDENTIALS_DIRECTORY": "/run/credentials",
    "INVOCATION_ID": "abc",
    "ETCD_PASSWORD": "secret",
    "FLEETCRON_MONGODB_URI": "mongodb://u:secret@h",
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An executor whose starter is full of what commands must not see."""
    with ExitStack() as stack:
        with unpleasant_starter():
            made = stack.enter_context(desk(tmp_path_factory.mktemp("executor"), threads=2))
        yield made


@contextmanager
def unpleasant_starter() -> Iterator[None]:
    """For a while we have a daemon's environment, blocked signals and ignored ones."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR1})
    ignored = {n: signal.signal(n, signal.SIG_IGN) for n in (signal.SIGQUIT, signal.SIGCHLD)}
    umask = os.umask(0o077)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in DAEMONS_OWN.items():
                patch.setenv(name, value)
            yield
    finally:
        os.umask(umask)
        for number, handler in ignored.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def test_the_environment_is_exactly_the_small_clean_one(office: Desk) -> None:
    extra = {"FLEETCRON_FENCE": "17", "FLEETCRON_PLAN_TIME": "1700000000000"}
    given = order("tr '\\0' '\\n' < /proc/self/environ")
    given = order(given.job.command, run_id=given.run_id, environment=given.environment | extra)
    office.started_link.submit_many((given,))
    found = dict(line.split("=", 1) for line in office.ended(given).output.decode().splitlines())
    user = pwd.getpwuid(os.getuid())
    assert found == {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": user.pw_dir,
        "USER": user.pw_name,
        "LOGNAME": user.pw_name,
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        "FLEETCRON_JOB": "job",
        "FLEETCRON_RUN_ID": given.run_id,
        "FLEETCRON_FENCE": "17",
        "FLEETCRON_PLAN_TIME": "1700000000000",
    }


def test_the_executor_itself_has_nothing_of_the_daemons_either(office: Desk) -> None:
    environment = Path(f"/proc/{office.link.pid}/environ").read_bytes().decode()
    names = {line.split("=", 1)[0] for line in environment.split("\0") if line}
    assert names & DAEMONS_OWN.keys() <= {"JOURNAL_STREAM"}


def test_the_order_names_the_shell(office: Desk) -> None:
    end = office.run("echo $SHELL $BASH_VERSION", shell="/bin/bash")
    assert end.output.startswith(b"/bin/bash 5") or end.outcome == "could_not_start"


def test_a_command_starts_at_home_or_at_the_root(office: Desk) -> None:
    assert office.run("pwd").output.decode().strip() == home(pwd.getpwuid(os.getuid()).pw_dir)


def test_stdin_is_empty(office: Desk) -> None:
    assert office.run("readlink /proc/self/fd/0; cat").output == b"/dev/null\n"


def test_no_descriptor_is_inherited(office: Desk) -> None:
    busy = office.submit("sleep 1000")
    office.started(busy)
    listed = office.run("ls /proc/self/fd").output.split()
    office.link.kill(busy.run_id, "enough")
    office.ended(busy)
    assert listed == [b"0", b"1", b"2", b"3"]  # 3 is the directory that ls reads.


def test_no_signal_is_blocked_or_ignored(office: Desk) -> None:
    status = office.run("cat /proc/self/status").output.decode().splitlines()
    fields = dict(line.split(":", 1) for line in status)
    assert int(fields["SigBlk"], 16) == 0
    assert int(fields["SigIgn"], 16) == 0


def test_an_exit_status_is_not_lost_under_a_starter_that_ignores_sigchld(office: Desk) -> None:
    assert [office.run(f"exit {n}").exit_code for n in (0, 1, 77)] == [0, 1, 77]


def test_the_umask_is_the_usual_one(office: Desk) -> None:
    assert office.run("umask").output == b"0022\n"


def test_a_command_leads_a_session_of_its_own(office: Desk) -> None:
    given = office.submit("cut -d' ' -f5,6 /proc/$$/stat")
    pid = office.started(given).pid
    assert office.ended(given).output.decode().split() == [str(pid), str(pid)]


def test_the_limit_of_open_files_is_the_one_that_the_worker_was_given(office: Desk) -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert office.run("ulimit -Sn").output.decode().strip() == str(soft)


def home(directory: str) -> str:
    return directory if os.path.isdir(directory) and os.access(directory, os.X_OK) else "/"
