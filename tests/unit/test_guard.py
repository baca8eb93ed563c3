"""The guard's decisions, without a socket."""

import logging
import os
import pwd

import pytest

from common.errors import ConfigError
from master.guard import Guard, is_loopback
from master.guard_origin import host_problem, origin_problem
from master.request import Refused

HERE = ("127.0.0.1", 8070)
LOCAL, REMOTE = ("127.0.0.1", 50000), ("192.0.2.7", 50000)
OWN, STRANGER = 4321, 4322


def guard(uid: int | None, host: str = "127.0.0.1", users: tuple[str, ...] = ()) -> Guard:
    """Make a guard whose client is always this user."""
    return Guard(host, users, (), not is_loopback(host), OWN, lambda peer, here: uid)


def test_root_and_our_own_user_get_in() -> None:
    assert guard(0).visitor(LOCAL, HERE) == pwd.getpwuid(0).pw_name
    assert guard(OWN).visitor(LOCAL, HERE) == str(OWN)


def test_allowed_users_get_in_by_name() -> None:
    nobody = pwd.getpwnam("nobody")
    assert guard(nobody.pw_uid, users=("nobody",)).visitor(LOCAL, HERE) == "nobody"


@pytest.mark.parametrize("uid", [STRANGER, None])
def test_strangers_and_the_unknown_do_not_get_in(uid: int | None) -> None:
    with pytest.raises(Refused) as refused:
        guard(uid).visitor(LOCAL, HERE)
    assert refused.value.reply.status == 403


def test_on_loopback_nobody_passes_for_a_client_elsewhere() -> None:
    with pytest.raises(Refused):
        guard(None).visitor(REMOTE, HERE)


def test_a_user_that_does_not_exist_is_a_mistake_of_the_config() -> None:
    with pytest.raises(ConfigError, match="no-such-user"):
        guard(0, users=("no-such-user",))


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "cron.example", "localhost.example"]
)
def test_a_wider_address_must_be_meant(host: str) -> None:
    with pytest.raises(ConfigError, match="insecure_listen"):
        Guard(host, (), (), False, os.geteuid())


def test_a_wider_address_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        guard(0, "0.0.0.0")
    assert "0.0.0.0" in caplog.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_needs_no_leave(host: str, caplog: pytest.LogCaptureFixture) -> None:
    Guard(host, (), (), False, os.geteuid())
    assert caplog.text == ""


def test_on_a_wider_address_clients_elsewhere_get_in_and_those_here_are_asked() -> None:
    wide, here = guard(STRANGER, "0.0.0.0"), ("192.0.2.1", 8070)
    assert wide.visitor(REMOTE, here) is None
    for local in (LOCAL, ("192.0.2.1", 50000)):
        with pytest.raises(Refused):
            wide.visitor(local, here)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8070", "[::1]:8070", "LOCALHOST:8070", "localhost.:8070", "192.0.2.9:8070",
     "mine:8070", "mine", "other:9000"],
)  # fmt: skip
def test_our_addresses_and_names_are_ours(host: str) -> None:
    assert host_problem(host, 8070, {"mine", "other:9000"}) is None


@pytest.mark.parametrize(
    "host",
    ["evil.example:8070", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:1", "other", "other:8070",
     "mine:9000", "localhost.evil.example:8070", "0x7f000001:8070", "127.1:8070", "a,b:8070",
     "[127.0.0.1]:8070", "[::1%25lo]:8070", "u@mine:8070", "mine:", "", ":8070",
     "evil.example#:8070", "mine:8070\u0661"],
)  # fmt: skip
def test_other_names_and_ports_are_not(host: str) -> None:
    assert host_problem(host, 8070, {"mine", "other:9000"})


def test_a_tunnels_port_is_refused_with_what_to_allow() -> None:
    problem = host_problem("localhost:9000", 8070, ())
    assert problem is not None
    assert "add 'localhost:9000' to allowed_hosts" in problem


def test_without_a_port_it_is_the_standard_one() -> None:
    assert host_problem("192.0.2.9", 80, ()) is None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_needs_no_origin(method: str) -> None:
    assert origin_problem(method, {"host": "a", "sec-fetch-site": "cross-site"}) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_everything_else_is_a_write(method: str) -> None:
    assert origin_problem(method, {"host": "a", "sec-fetch-site": "cross-site"})
    assert origin_problem(method, {"host": "a", "origin": "http://b"})
    assert origin_problem(method, {"host": "A", "origin": "http://a"}) is None
    assert origin_problem(method, {"host": "a"}) is None


def test_what_the_browser_says_itself_goes_before_the_origin() -> None:
    told = {"host": "a", "origin": "http://a", "sec-fetch-site": "cross-site"}
    assert origin_problem("POST", told)
