"""Users, passwords and rights in etcd."""

import logging

import pytest

from common.errors import StoreRefused
from common.etcd_settings import EtcdSettings
from common.store import put
from tests.integration.etcd_following import PATIENCE, PREFIX, Follower, put_through, store_at
from tests.servers.etcd import EtcdServer
from tests.waiting import until

WORKER = {"user": "worker", "password": "sesame"}


@pytest.fixture
def guarded_etcd(own_etcd: EtcdServer) -> EtcdServer:
    """An etcd that asks for a password; user `worker` may do everything under /cron/."""
    own_etcd.etcdctl("role", "add", "cron")
    own_etcd.etcdctl("role", "grant-permission", "cron", "readwrite", "--prefix", "/cron/")
    own_etcd.etcdctl("user", "add", "worker", "--new-user-password", "sesame")
    own_etcd.etcdctl("user", "grant-role", "worker", "cron")
    own_etcd.require_login()
    return own_etcd


def test_a_user_with_its_password_does_everything_under_its_prefix(
    guarded_etcd: EtcdServer,
) -> None:
    with store_at(guarded_etcd.endpoint, **WORKER) as store, Follower(store) as follower:
        store.ping()
        lease = store.grant(60)
        put(store, PREFIX + "a", b"", lease)
        assert store.renew(lease) > 0
        store.revoke(lease)
        gone = until(lambda: follower.changes[1:], PATIENCE, "the deletion to be told")
        assert gone[0].entry is None
        assert store.warnings() == []


def test_what_the_user_may_not_is_refused_with_a_sentence(guarded_etcd: EtcdServer) -> None:
    with store_at(guarded_etcd.endpoint, **WORKER) as store:
        for call in (
            lambda: store.get("/elsewhere"),
            lambda: store.snapshot("/"),
            lambda: put(store, "/elsewhere", b""),
        ):
            with pytest.raises(StoreRefused, match="may not"):
                call()


def test_a_wrong_password_is_refused_and_not_told(guarded_etcd: EtcdServer) -> None:
    with (
        store_at(guarded_etcd.endpoint, user="worker", password="swordfish") as store,
        pytest.raises(StoreRefused, match="password is wrong") as refused,
    ):
        store.ping()
    assert "swordfish" not in str(refused.value)


def test_no_password_where_one_is_asked_for_is_refused(guarded_etcd: EtcdServer) -> None:
    with (
        store_at(guarded_etcd.endpoint) as store,
        pytest.raises(StoreRefused, match="user and password"),
    ):
        store.ping()


def test_a_password_where_none_is_asked_for_does_no_harm(own_etcd: EtcdServer) -> None:
    with store_at(own_etcd.endpoint, **WORKER) as store, Follower(store) as follower:
        assert follower.wait_told(put_through(store, PREFIX + "a"))


def test_a_token_that_etcd_has_forgotten_is_renewed_without_a_word(
    guarded_etcd: EtcdServer, caplog: pytest.LogCaptureFixture
) -> None:
    with store_at(guarded_etcd.endpoint, **WORKER) as store, Follower(store) as follower:
        written = [put(store, PREFIX + "a", b"").revision]
        for _ in range(2):
            guarded_etcd.restart()
            written.append(put_through(store, PREFIX + "a"))
            assert follower.wait_told(written[-1]) == written
        assert len(follower.snapshots) == 1
    assert "sesame" not in caplog.text


def test_a_user_that_changed_is_known_again_without_an_error(guarded_etcd: EtcdServer) -> None:
    with store_at(guarded_etcd.endpoint, **WORKER) as store:
        put(store, PREFIX + "a", b"")
        guarded_etcd.etcdctl("role", "add", "another")  # makes every token's revision old
        put(store, PREFIX + "a", b"")
        assert store.get(PREFIX + "a")


def test_a_watch_without_the_right_is_loud_and_works_once_it_has_it(
    guarded_etcd: EtcdServer, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = "/secrets/"
    guarded_etcd.etcdctl("put", "/secrets/a", "hidden")
    with store_at(guarded_etcd.endpoint, **WORKER) as store:
        watch = store.watch([secrets])
        until(lambda: "may not" in caplog.text, PATIENCE, "the refusal to be said")
        assert next(r.levelno for r in caplog.records if "may not" in r.message) == logging.WARNING
        assert watch.next(0) is None
        guarded_etcd.etcdctl("role", "grant-permission", "cron", "read", "--prefix", secrets)
        item = until(lambda: watch.next(1.0), PATIENCE, "the snapshot")
        assert item is not None
        watch.cancel()


def test_a_right_that_was_taken_away_ends_the_watch_loudly_after_its_next_break(
    guarded_etcd: EtcdServer, caplog: pytest.LogCaptureFixture
) -> None:
    with store_at(guarded_etcd.endpoint, **WORKER) as store, Follower(store):
        guarded_etcd.etcdctl("role", "revoke-permission", "cron", "--prefix", "/cron/")
        guarded_etcd.restart()
        until(lambda: "may not" in caplog.text, PATIENCE, "a word")


def test_the_password_is_in_no_repr() -> None:
    settings = EtcdSettings(("localhost:2379",), user="worker", password="sesame")
    assert "sesame" not in repr(settings)
