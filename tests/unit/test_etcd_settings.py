"""Endpoints and files of etcd, read and checked before anything is connected."""

from pathlib import Path
from typing import Any

import pytest

from common.errors import ConfigError
from common.etcd_settings import Endpoint, EtcdSettings

CA = Path("ca.pem")


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("localhost:2379", Endpoint("localhost", 2379, False)),
        ("http://10.0.0.1:2379/", Endpoint("10.0.0.1", 2379, False)),
        ("https://etcd-1.example:2379", Endpoint("etcd-1.example", 2379, True)),
        ("[::1]:2379", Endpoint("::1", 2379, False)),
        ("https://[2001:db8::1]:2379", Endpoint("2001:db8::1", 2379, True)),
    ],
)
def test_an_endpoint_is_read(text: str, endpoint: Endpoint) -> None:
    assert EtcdSettings((text,)).parsed() == (endpoint,)


@pytest.mark.parametrize(
    "text",
    ["", "localhost", "localhost:", ":2379", "ftp://a:1", "a:0", "a:70000", "a:1/path", "::1:1:"],
)
def test_an_endpoint_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="endpoints"):
        EtcdSettings((text,))


def test_a_password_in_an_endpoint_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as refused:
        EtcdSettings(("http://root:sesame@a:2379",))
    assert "sesame" not in str(refused.value)


def test_an_endpoint_without_a_scheme_is_secure_when_there_are_certificates() -> None:
    assert EtcdSettings(("a:1",), ca_file=CA).secure
    assert not EtcdSettings(("a:1",)).secure


def test_loopback_means_all_endpoints() -> None:
    assert EtcdSettings(("127.0.0.1:1", "[::1]:2", "localhost:3")).loopback
    assert not EtcdSettings(("127.0.0.1:1", "10.0.0.1:1")).loopback
    assert not EtcdSettings(("localhost.example:1",)).loopback


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoints": ()},
        {"endpoints": ("http://a:1", "https://b:1")},
        {"endpoints": ("http://a:1",), "ca_file": CA},
        {"cert_file": CA},
        {"key_file": CA},
        {"user": "worker"},
        {"password": "sesame"},
        {"request_timeout_seconds": 0},
        {"dial_timeout_seconds": -1},
    ],
)
def test_settings_that_do_not_fit_together_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="etcd"):
        EtcdSettings(**{"endpoints": ("a:1",), **wrong})
