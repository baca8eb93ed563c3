"""How a daemon reaches its stores: settings of etcd and MongoDB, and their own records of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from common.config_address import is_loopback, parse_address
from common.config_secrets import check_private, check_readable, read_secret
from common.errors import ConfigError

if TYPE_CHECKING:
    from common.etcd_settings import EtcdSettings
    from common.mongo_settings import MongoSettings


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where etcd and MongoDB are and who we are to them; passwords lie in files of their own."""

    etcd_endpoints: tuple[str, ...] = ("127.0.0.1:2379",)
    etcd_user: str = ""
    etcd_password_file: Path | None = None
    etcd_ca_file: Path | None = None
    etcd_cert_file: Path | None = None
    etcd_key_file: Path | None = None
    etcd_dial_timeout_seconds: float = 5.0
    insecure_etcd: bool = False
    mongodb_uri: str = field(default="mongodb://127.0.0.1:27017", repr=False)
    mongodb_connect_timeout_seconds: float = 5.0
    mongodb_user: str = ""
    mongodb_password_file: Path | None = None
    mongodb_ca_file: Path | None = None
    mongodb_cert_file: Path | None = None
    mongodb_key_file: Path | None = None

    @property
    def etcd(self) -> str:
        """What etcd is called in the log, so that a wrong address is seen there."""
        return f"etcd at {', '.join(self.etcd_endpoints)}"


def etcd_settings(stores: StoreConfig) -> EtcdSettings:
    """What the etcd layer is built from; reads the password file (ConfigError if it cannot)."""
    from common.etcd_settings import EtcdSettings

    password = stores.etcd_password_file
    return EtcdSettings(
        endpoints=tuple(_with_scheme(e, stores) for e in stores.etcd_endpoints),
        user=stores.etcd_user or None,
        password=read_secret("etcd_password_file", password) if password else None,
        ca_file=stores.etcd_ca_file,
        cert_file=stores.etcd_cert_file,
        key_file=stores.etcd_key_file,
        dial_timeout_seconds=stores.etcd_dial_timeout_seconds,
    )


def mongo_settings(stores: StoreConfig) -> MongoSettings:
    """What the MongoDB log store is built from; reads the password file (ConfigError if not)."""
    from common.mongo_settings import MongoSettings

    password = stores.mongodb_password_file
    return MongoSettings(
        uri=stores.mongodb_uri,
        connect_timeout_seconds=stores.mongodb_connect_timeout_seconds,
        user=stores.mongodb_user or None,
        password=read_secret("mongodb_password_file", password) if password else None,
        ca_file=stores.mongodb_ca_file,
        cert_file=stores.mongodb_cert_file,
        key_file=stores.mongodb_key_file,
    )


def check_stores(stores: StoreConfig) -> list[str]:
    """What must hold between these settings; ConfigError otherwise, else warnings to log."""
    _check_pairs(stores)
    _check_files(stores)
    encrypted = {_encrypted(endpoint, stores) for endpoint in stores.etcd_endpoints}
    if len(encrypted) > 1:
        raise ConfigError("etcd_endpoints: either all of them are https, or none")
    if False in encrypted and (stores.etcd_ca_file or stores.etcd_cert_file):
        raise ConfigError("etcd_ca_file and etcd_cert_file are used with https endpoints only")
    return _check_exposure(stores, encrypted == {True})


def _check_pairs(stores: StoreConfig) -> None:
    for one, other in (
        ("etcd_user", "etcd_password_file"),
        ("etcd_cert_file", "etcd_key_file"),
        ("mongodb_user", "mongodb_password_file"),
    ):
        if bool(getattr(stores, one)) != bool(getattr(stores, other)):
            raise ConfigError(f"{one} and {other} must be set together")
    if stores.mongodb_key_file and not stores.mongodb_cert_file:
        raise ConfigError("mongodb_key_file needs mongodb_cert_file")


def _check_files(stores: StoreConfig) -> None:
    combined = "" if stores.mongodb_key_file else "mongodb_cert_file"
    secret = ("etcd_key_file", "mongodb_key_file", combined)
    for key in ("etcd_password_file", "mongodb_password_file"):
        if path := getattr(stores, key):
            read_secret(key, path)
    for key in (
        f"{store}_{of}_file" for store in ("etcd", "mongodb") for of in ("ca", "cert", "key")
    ):
        if path := getattr(stores, key):
            (check_private if key in secret else check_readable)(key, path)


def _check_exposure(stores: StoreConfig, encrypted: bool) -> list[str]:
    known = bool(stores.etcd_user or stores.etcd_cert_file)
    away = [e for e in stores.etcd_endpoints if not is_loopback(_host(e))]
    if not away or (encrypted and known):
        return []
    lacks = " and ".join(
        ["encryption (https, etcd_ca_file)"] * (not encrypted)
        + ["a user or client certificate"] * (not known)
    )
    if not stores.insecure_etcd:
        raise ConfigError(
            f"etcd at {', '.join(away)} lacks {lacks}: who can write to etcd runs commands on every"
            " host; set it up, or say insecure_etcd = true"
        )
    return [f"insecure_etcd: etcd at {', '.join(away)} is used without {lacks}"]


def _host(endpoint: str) -> str:
    return parse_address("etcd_endpoints", endpoint.rpartition("//")[2])[0]


def _encrypted(endpoint: str, stores: StoreConfig) -> bool:
    if "://" in endpoint:
        return endpoint.startswith("https://")
    return stores.etcd_ca_file is not None or stores.etcd_cert_file is not None


def _with_scheme(endpoint: str, stores: StoreConfig) -> str:
    scheme = "https" if _encrypted(endpoint, stores) else "http"
    return f"{scheme}://{endpoint.rpartition('//')[2]}"
