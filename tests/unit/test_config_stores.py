"""Who may be trusted with the stores: exposed etcd, secrets in files, and what is never shown."""

import logging
from pathlib import Path

import pytest

from common.config import load_master
from common.config_secrets import holds_password, read_secret, redact
from common.config_stores import StoreConfig, etcd_settings, mongo_settings
from common.errors import ConfigError


def load(directory: Path, text: str) -> StoreConfig:
    path = directory / "master.toml"
    path.write_text(text)
    path.chmod(0o600)
    return load_master(path).stores


def secret(directory: Path, name: str, text: str = "pass word\n", mode: int = 0o600) -> Path:
    path = directory / name
    path.write_text(text)
    path.chmod(mode)
    return path


HTTP = "etcd_endpoints = ['http://127.0.0.1:2379']\n"
AWAY = "etcd_endpoints = ['https://10.0.0.1:2379']\n"
USER = "etcd_user = 'root'\netcd_password_file = 'password'\n"
CERTIFICATE = "etcd_cert_file = 'cert'\netcd_key_file = 'key'\n"


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("etcd_endpoints = ['10.0.0.1:2379']\n", "encryption (https, etcd_ca_file) and a user"),
        ("etcd_endpoints = ['http://10.0.0.1:2379']\n" + USER, "lacks encryption (https"),
        (AWAY, "lacks a user or client certificate:"),
        ("etcd_endpoints = ['etcd.example.org:2379']\n" + USER, "lacks encryption"),
        ("etcd_endpoints = ['127.0.0.1:2379', '10.0.0.1:2379']\n", "etcd at 10.0.0.1:2379 lacks"),
    ],
)
def test_an_open_etcd_elsewhere_is_refused_unless_the_file_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, lacks: str
) -> None:
    for name in ("password", "ca"):
        secret(tmp_path, name)
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, text)
    assert lacks in str(refused.value)
    assert "insecure_etcd = true" in str(refused.value)
    assert load(tmp_path, text + "insecure_etcd = true").insecure_etcd
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    assert "insecure_etcd: etcd at" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "etcd_endpoints = ['http://localhost:2379', '[::1]:1']\n",
        AWAY + USER,
        AWAY + CERTIFICATE,
        "etcd_endpoints = ['10.0.0.1:2379']\netcd_ca_file = 'ca'\n" + USER,
    ],
)
def test_a_closed_etcd_is_taken_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    for name in ("password", "cert", "key", "ca"):
        secret(tmp_path, name)
    load(tmp_path, text)
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("etcd_user = 'a'", "etcd_user and etcd_password_file must be set together"),
        ("etcd_password_file = 'password'", "etcd_user and etcd_password_file must be set"),
        ("etcd_cert_file = 'cert'", "etcd_cert_file and etcd_key_file must be set together"),
        ("mongodb_user = 'a'", "mongodb_user and mongodb_password_file must be set together"),
        ("mongodb_key_file = 'key'", "mongodb_key_file needs mongodb_cert_file"),
        (HTTP + CERTIFICATE, "etcd_ca_file and etcd_cert_file are used with https"),
        (HTTP + "etcd_ca_file = 'cert'", "etcd_ca_file and etcd_cert_file are used with https"),
        (AWAY[:-2] + ", 'http://10.0.0.2:1']", "either all of them are https, or none"),
        ("etcd_ca_file = 'none'", "etcd_ca_file: cannot read"),
        ("etcd_user = 'a'\netcd_password_file = 'none'", "etcd_password_file: cannot read"),
        ("etcd_user = 'a'\netcd_password_file = '.'", "etcd_password_file: cannot read"),
        ("etcd_user = 'a'\netcd_password_file = 'open'", "everyone can read"),
        ("etcd_user = 'a'\netcd_password_file = 'empty'", "does not hold one line"),
        ("etcd_user = 'a'\netcd_password_file = 'lines'", "does not hold one line"),
        ("mongodb_user = 'a'\nmongodb_password_file = 'open'", "mode 0604"),
        ("mongodb_cert_file = 'open'", "mongodb_cert_file: everyone can read"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    for name in ("password", "cert", "key"):
        secret(tmp_path, name)
    secret(tmp_path, "open", mode=0o604)
    secret(tmp_path, "empty", "\n")
    secret(tmp_path, "lines", "a\nb\n")
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, text)
    assert sentence in str(refused.value)


def test_a_certificate_may_be_read_by_all_when_its_key_may_not(tmp_path: Path) -> None:
    secret(tmp_path, "cert", mode=0o644)
    secret(tmp_path, "key", mode=0o640)
    load(tmp_path, "mongodb_cert_file = 'cert'\nmongodb_key_file = 'key'")


def test_the_layers_are_told_what_the_file_says(tmp_path: Path) -> None:
    for name in ("password", "ca"):
        secret(tmp_path, name)
    stores = load(
        tmp_path,
        "etcd_endpoints = ['10.0.0.1:2379', 'https://[::1]:2379']\netcd_ca_file = 'ca'\n"
        "etcd_dial_timeout_seconds = 2\nmongodb_user = 'u'\nmongodb_password_file = 'password'\n"
        + USER,
    )
    etcd = etcd_settings(stores)
    assert etcd.endpoints == ("https://10.0.0.1:2379", "https://[::1]:2379")
    assert (etcd.user, etcd.password) == ("root", "pass word")
    assert (etcd.ca_file, etcd.dial_timeout_seconds) == (tmp_path / "ca", 2.0)
    mongo = mongo_settings(stores)
    assert (mongo.uri, mongo.user, mongo.password) == (stores.mongodb_uri, "u", "pass word")
    assert "pass word" not in repr(etcd) + repr(mongo) + repr(stores)


def test_without_a_scheme_and_a_ca_etcd_is_plain() -> None:
    settings = etcd_settings(StoreConfig())
    assert settings.endpoints == ("http://127.0.0.1:2379",)
    assert settings.user is None
    assert settings.password is None


def test_a_secret_ends_before_its_newline(tmp_path: Path) -> None:
    assert read_secret("k", secret(tmp_path, "a", " spaces stay \r\n")) == " spaces stay "
    assert read_secret("k", secret(tmp_path, "b", "no newline")) == "no newline"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://a:1/db", "mongodb://a:1/db"),
        ("mongodb://user@a:1", "mongodb://user@a:1"),
        ("mongodb://user:pw@a:1,b:2/db", "mongodb://user:***@a:1,b:2/db"),
        ("mongodb://user:p@ss/w:rd@a:1", "mongodb://user:***@a:1"),
        (
            "mongodb://a/?tls=true&tlsCertificateKeyFilePassword=hush&w=1",
            "mongodb://a/?tls=true&tlsCertificateKeyFilePassword=***&w=1",
        ),
        (
            "mongodb://a/?authMechanismProperties=AWS_SESSION_TOKEN:hush",
            "mongodb://a/?authMechanismProperties=***",
        ),
    ],
)
def test_what_is_shown_of_a_uri_holds_no_secret(uri: str, shown: str) -> None:
    assert redact(uri) == shown
    assert holds_password(uri) == (uri != shown)
    assert "hush" not in repr(StoreConfig(mongodb_uri=uri))


def test_a_readable_file_that_holds_a_password_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "master.toml"
    path.write_text("mongodb_uri = 'mongodb://u:hush@127.0.0.1'")
    path.chmod(0o644)
    load_master(path)
    assert "everyone can read" in caplog.text
    assert "hush" not in caplog.text
