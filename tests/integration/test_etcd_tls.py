"""TLS to etcd: certificates of both sides, and names."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from common.errors import ConfigError, StoreLost
from common.store import put
from tests.integration.etcd_following import PREFIX, Follower, put_through, store_at
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.etcd import EtcdServer
from tests.servers.ports import free_port


@pytest.fixture(scope="module")
def secure_etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer]:
    """An etcd that speaks TLS and wants certificates of its clients."""
    folder = tmp_path_factory.mktemp("secure")
    server = EtcdServer(folder / "etcd", tls=make_certificates(folder / "tls"))
    server.start()
    yield server
    server.kill()


def files(certificates: Certificates | None) -> dict[str, object]:
    """The settings that name a client's files."""
    assert certificates is not None
    return {
        "ca_file": certificates.ca,
        "cert_file": certificates.client_cert,
        "key_file": certificates.client_key,
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("scheme", ["https://", ""])
def test_a_client_with_a_certificate_gets_in_by_address_and_by_name(
    secure_etcd: EtcdServer, host: str, scheme: str
) -> None:
    endpoint = f"{scheme}{host}:{secure_etcd.client_port}"
    with store_at(endpoint, **files(secure_etcd.tls)) as store, Follower(store) as follower:
        written = put(store, PREFIX + "a", b"").revision
        assert follower.wait_told(written) == [written]


def test_dead_hosts_beside_a_living_one_of_another_name_are_passed_over(
    secure_etcd: EtcdServer,
) -> None:
    hosts = [f"https://localhost:{free_port()}", f"https://[::1]:{free_port()}"]
    hosts.append(f"https://{secure_etcd.endpoint}")

    def reach(number: int) -> int:
        with store_at(*hosts, request_timeout_seconds=0.5, **files(secure_etcd.tls)) as store:
            return put_through(store, f"{PREFIX}{number}")

    with ThreadPoolExecutor(5) as pool:  # each begins with a host at random
        assert all(pool.map(reach, range(5)))


def test_a_client_without_a_certificate_is_kept_out(secure_etcd: EtcdServer) -> None:
    assert secure_etcd.tls is not None
    endpoint = f"https://{secure_etcd.endpoint}"
    with (
        store_at(endpoint, ca_file=secure_etcd.tls.ca) as store,
        pytest.raises(StoreLost),
    ):
        store.ping()


def test_an_etcd_that_another_authority_signed_is_not_trusted(
    secure_etcd: EtcdServer, tmp_path: Path
) -> None:
    stranger = make_certificates(tmp_path / "stranger")
    endpoint = f"https://{secure_etcd.endpoint}"
    with (
        store_at(endpoint, **files(stranger)) as store,
        pytest.raises(StoreLost, match=rf"{endpoint}.*certificate|CERTIFICATE_VERIFY_FAILED"),
    ):
        store.ping()


def test_a_certificate_for_another_name_is_not_trusted(secure_etcd: EtcdServer) -> None:
    endpoint = f"https://127.0.0.2:{secure_etcd.client_port}"
    with store_at(endpoint, **files(secure_etcd.tls)) as store, pytest.raises(StoreLost):
        store.ping()


def test_a_client_without_tls_is_kept_out(secure_etcd: EtcdServer) -> None:
    with store_at(secure_etcd.endpoint) as store, pytest.raises(StoreLost):
        store.ping()


def test_a_certificate_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    with (
        pytest.raises(ConfigError, match=r"ca_file.*missing\.pem"),
        store_at("https://127.0.0.1:1", ca_file=missing),
    ):
        pass
