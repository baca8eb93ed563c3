"""etcd is named, not addressed: names that are unknown at first, that move, that mean IPv6."""

import socket

import pytest

from common.errors import StoreLost
from tests.integration.etcd_following import PREFIX, Follower, put_through, store_at
from tests.servers.etcd import EtcdServer, RunningEtcd

NAME = "etcd.test"


class Names:
    """What the resolver answers for `NAME`; all others it answers itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ips: list[str] = []
        self._ask = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self.answer)

    def answer(self, host: str, port: int, *rest: object, **named: object) -> list[object]:
        """What `socket.getaddrinfo` answers."""
        if host != NAME:
            return list(self._ask(host, port, *rest, **named))  # type: ignore[arg-type]
        if not self.ips:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in self.ips]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


def endpoint_of(etcd: EtcdServer | RunningEtcd) -> str:
    """The server's endpoint by name."""
    return f"{NAME}:{etcd.endpoint.rpartition(':')[2]}"


def test_a_name_that_is_unknown_at_first_works_once_it_is_known(
    clean_etcd: EtcdServer | RunningEtcd, names: Names
) -> None:
    with store_at(endpoint_of(clean_etcd), request_timeout_seconds=0.5) as store:
        with pytest.raises(StoreLost, match="looked up"):
            store.ping()
        names.ips = ["127.0.0.1"]
        with Follower(store) as follower:
            written = put_through(store, PREFIX + "a")
            assert follower.wait_told(written) == [written]


def test_a_name_that_moves_is_followed(clean_etcd: EtcdServer | RunningEtcd, names: Names) -> None:
    names.ips = ["127.0.0.77"]
    with store_at(endpoint_of(clean_etcd), request_timeout_seconds=0.5) as store:
        with pytest.raises(StoreLost):
            store.ping()
        names.ips = ["127.0.0.1"]
        assert put_through(store, PREFIX + "a")


def test_a_name_with_a_dead_address_beside_the_living_one_works(
    clean_etcd: EtcdServer | RunningEtcd, names: Names
) -> None:
    names.ips = ["127.0.0.77", "::1", "127.0.0.1"]
    with store_at(endpoint_of(clean_etcd)) as store:
        store.ping()
