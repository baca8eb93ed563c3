"""As whom a job may run, by what the worker's configuration allows."""

import grp
import os
import pwd
from collections.abc import Callable

import pytest

from common.job import Job
from worker import accounts, identity
from worker.accounts import Account, account, own_account
from worker.executor_config import ExecutorConfig
from worker.identity import CouldNotStart, Identity, announce, identify

ROOT = Account("root", 0, 0, "/root", (0,))
APP = Account("app", 1000, 1000, "/home/app", (27, 1000))
ALICE = Account("alice", 1001, 1001, "/home/alice", (27, 1001))
TOOR = Account("toor", 0, 0, "/root", (0,))
NOBODY = Account("nobody", 65534, 65534, "/nonexistent", (65534,))
GHOST = Account("ghost", -1, 1000, "/", (1000,))
LOST = Account("lost", 1002, -1, "/", (1000,))
USERS = {each.name: each for each in (ROOT, APP, ALICE, TOOR, NOBODY, GHOST, LOST)}
GROUPS = {"root": 0, "sudo": 27, "app": 1000, "alice": 1001, "nogroup": 65534}

Become = Callable[[Account], None]


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    """A host with these users and groups, on which the worker runs as the one it is called with."""
    monkeypatch.setattr(identity, "account", USERS.__getitem__)
    monkeypatch.setattr(identity, "group_id", GROUPS.__getitem__)

    def as_user(own: Account) -> None:
        monkeypatch.setattr(identity, "own_account", lambda: own)

    as_user(ROOT)
    return as_user


def of(config: ExecutorConfig | None = None, **fields: object) -> Identity:
    """The identity of a job with these fields."""
    return identify(Job("j", "true", "", **fields), config or ExecutorConfig())  # type: ignore[arg-type]


def refusal(config: ExecutorConfig | None = None, **fields: object) -> str:
    """Why a job with these fields cannot start."""
    with pytest.raises(CouldNotStart) as refused:
        of(config, **fields)
    return str(refused.value)


def allowing(*users: str, default: str = "app") -> ExecutorConfig:
    """A worker's configuration."""
    return ExecutorConfig(default_user=default, allowed_users=users)


def test_a_job_that_names_nobody_runs_as_nobody_where_the_worker_is_root(become: Become) -> None:
    assert of() == Identity(NOBODY, 65534, (65534,), switched=True)


def test_a_job_that_names_nobody_runs_as_the_default_user(become: Become) -> None:
    assert of(allowing()).account == APP


@pytest.mark.parametrize("user", ["ghost", "lost"])
def test_a_number_that_would_leave_the_worker_root_is_nobodys(become: Become, user: str) -> None:
    assert "4294967295" in refusal(allowing("*"), user=user, groups=())
    assert "4294967295" in refusal(allowing(default=user), groups=())


def test_root_by_default_is_nothing_to_switch(become: Become) -> None:
    assert of(allowing(default="root")) == Identity(ROOT, 0)
    assert of(allowing(default="root"), user="root").account == ROOT


@pytest.mark.parametrize(
    ("allowed", "user"),
    [("alice", "alice"), ("*", "alice"), ("@sudo", "alice"), ("@alice", "alice"), ("root", "root")],
)
def test_a_user_that_is_listed_by_name_or_group_may_be_named(
    become: Become, allowed: str, user: str
) -> None:
    assert of(allowing("nobody", allowed), user=user).account == USERS[user]


@pytest.mark.parametrize(
    ("allowed", "user"),
    [
        ((), "alice"),
        (("ali",), "alice"),
        (("@nosuch", "@nogroup"), "alice"),
        (("*", "@root"), "root"),
        (("*", "@root", "root"), "toor"),
    ],
)
def test_nobody_else_may_be_named_and_root_never_by_a_pattern(
    become: Become, allowed: tuple[str, ...], user: str
) -> None:
    why = refusal(allowing(*allowed), user=user)
    assert why.startswith(f"user {user!r} is not allowed on this worker")


def test_unknown_users_and_groups_are_said_to_be_unknown(become: Become) -> None:
    assert refusal(allowing("*"), user="bob") == "user 'bob' is not known to this host"
    assert refusal(allowing(default="bob")) == "user 'bob' is not known to this host"
    assert refusal(allowing(), group="staff") == "group 'staff' is not known to this host"
    assert refusal(allowing(), groups=("staff",)) == "group 'staff' is not known to this host"


def test_a_name_is_told_as_it_was_written_and_a_number_is_no_name(become: Become) -> None:
    said = refusal(allowing("*"), user=" alice")
    assert said == "user ' alice' is not known to this host"
    by_name = "is not known to this host: it is looked for by name, and never by number"
    assert refusal(allowing("*"), user="1001") == f"user '1001' {by_name}"
    assert refusal(allowing(), group="27") == f"group '27' {by_name}"


def test_a_user_has_its_own_groups_unless_the_job_says_otherwise(become: Become) -> None:
    assert of(allowing()).groups == (27, 1000)
    chosen = of(allowing(), group="sudo", groups=())
    assert (chosen.gid, chosen.groups) == (27, ())


def test_a_job_may_not_give_a_user_groups_that_it_does_not_belong_to(become: Become) -> None:
    assert refusal(allowing(), group="root") == "user 'app' does not belong to group 'root'"
    assert refusal(allowing(), groups=("sudo", "alice")).endswith("not belong to group 'alice'")


def test_root_may_have_any_group(become: Become) -> None:
    chosen = of(allowing("root"), user="root", group="sudo", groups=("app", "alice"))
    assert chosen == Identity(ROOT, 27, (1000, 1001), switched=True)


def test_a_worker_that_is_not_root_runs_jobs_as_itself_alone(become: Become) -> None:
    become(APP)
    assert of() == of(user="app") == of(user="app", group="app", groups=("sudo",))
    assert not of().switched
    only = "a worker that is not root runs jobs only "
    for config in (allowing("*"), allowing(), ExecutorConfig()):
        assert refusal(config, user="alice") == only + "as its own user 'app', not as 'alice'"
    assert refusal(allowing(default="alice")) == only + "as its own user 'app', not as 'alice'"
    assert refusal(group="sudo") == only + "with its own groups"
    assert refusal(groups=()) == only + "with its own groups"


def test_what_may_surprise_is_said_at_start(
    become: Become, caplog: pytest.LogCaptureFixture
) -> None:
    announce(ExecutorConfig())
    assert "this worker is root: jobs that name no user run as nobody" in caplog.text
    caplog.clear()
    announce(allowing())
    become(APP)
    announce(allowing())
    announce(ExecutorConfig())
    assert caplog.text == ""
    announce(allowing(default="alice"))
    assert "runs jobs only as its own user app" in caplog.text


def test_names_that_the_host_does_not_know_are_said_at_start(
    become: Become, caplog: pytest.LogCaptureFixture
) -> None:
    announce(allowing("*", "alice", "@sudo", "root"))
    assert caplog.text == ""
    announce(allowing("alcie", "*", "@ops", "alice", "@app", default="ap"))
    assert [record.getMessage() for record in caplog.records] == [
        "default_user: not known to this host as yet: 'ap'",
        "allowed_users: not known to this host as yet: 'alcie', '@ops'",
    ]


def test_a_missing_helper_is_said_at_start(
    become: Become, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(identity, "helper", lambda: None)
    announce(allowing())
    assert "has no helper" in caplog.text
    assert "cannot start" in caplog.text


def test_the_hosts_users_are_found_with_all_their_groups() -> None:
    for entry in pwd.getpwall():
        if entry.pw_uid != os.getuid():
            found = account(entry.pw_name)
            assert (found.uid, found.gid, found.home) == entry[2:4] + entry[5:6]
            assert set(found.groups) == set(os.getgrouplist(entry.pw_name, entry.pw_gid))
    for group in grp.getgrall():
        assert accounts.group_id(group.gr_name) == group.gr_gid


def test_more_groups_than_were_guessed_are_all_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "FIRST_GUESS", 0)
    entry = next(each for each in pwd.getpwall() if each.pw_uid != os.getuid())
    found = accounts._look_up(entry.pw_name)
    assert set(found.groups) == set(os.getgrouplist(entry.pw_name, entry.pw_gid))


def test_the_worker_knows_itself() -> None:
    own = own_account()
    assert (own.uid, own.gid) == (os.getuid(), os.getgid())
    assert account(own.name) is own


@pytest.mark.parametrize("name", ["no-such-user", "a\0b", "a:b", "\ud800"])
def test_a_name_that_no_host_can_have_is_unknown(name: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        account(name)
