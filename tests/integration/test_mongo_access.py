"""Who is let in by MongoDB: logins, roles, certificates; and what is said to who is not."""

import dataclasses
import logging
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.audit import AuditEntry
from common.audit_store import AuditFilter
from common.errors import LogStoreError, LogStoreLost, LogStoreRefused, LogStoreUnindexed
from common.log_opening import MongoSpec
from common.log_store import LogBatch
from common.mongo_log import MongoLogStore
from common.mongo_settings import MongoSettings
from tests.contract.log_store_room import T, page, run
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.etcd import Login
from tests.servers.mongodb import MongoServer
from tests.waiting import until
from worker.ship_wire import Keep, Open, Shipped, State, Stop, Up
from worker.shipper_process import ShipperProcess

LOGIN = Login("fleet", "p@ss:w/rd %")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoServer]:
    """A server that asks for a login."""
    server = MongoServer(tmp_path_factory.mktemp("guarded"), login=LOGIN)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Those of the authority that the server and its clients trust."""
    return make_certificates(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def encrypted(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[MongoServer]:
    """A server that takes only encrypted connections of clients with a certificate."""
    server = MongoServer(tmp_path_factory.mktemp("encrypted"), tls=certificates)
    server.start()
    yield server
    server.kill()


def settings(server: MongoServer, patience: float = 30.0) -> MongoSettings:
    """Where the server is, without a login or certificates."""
    uri = f"mongodb://{server.endpoint}/?directConnection=true"
    return MongoSettings(uri, patience, patience)


def works(wanted: MongoSettings) -> None:
    """Write and read a record, or raise what the log store raises."""
    store = MongoLogStore(wanted)
    try:
        store.ping()
        store.write(LogBatch((run("a", 0),)))
        assert page(store, "a") == [run("a", 0)]
    finally:
        store.close()


def test_user_and_password_let_us_in_wherever_they_are_set(guarded: MongoServer) -> None:
    works(dataclasses.replace(settings(guarded), user=LOGIN.user, password=LOGIN.password))
    works(MongoSettings(guarded.uri))


def test_a_wrong_password_is_refused_and_not_shown(
    guarded: MongoServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = dataclasses.replace(settings(guarded), user=LOGIN.user, password="wr0ng-password")
    with pytest.raises(LogStoreRefused, match=r"(?i)authentication") as refused:
        works(wrong)
    assert "wr0ng" not in str(refused.value)
    assert "wr0ng" not in caplog.text


def test_who_gives_no_login_is_refused(guarded: MongoServer) -> None:
    with pytest.raises(LogStoreRefused, match=f"{guarded.endpoint}: .*(?i:auth)"):
        works(settings(guarded))


def test_who_may_only_read_is_refused_by_ping_and_by_each_write(guarded: MongoServer) -> None:
    with guarded.client() as client:
        client["admin"].command(
            "createUser", "reader", pwd="pw", roles=[{"role": "read", "db": "cron"}]
        )
    works(MongoSettings(guarded.uri))
    reader = MongoLogStore(dataclasses.replace(settings(guarded), user="reader", password="pw"))
    with pytest.raises(LogStoreRefused, match=r"(?i)not authorized"):
        reader.ping()
    with pytest.raises(LogStoreRefused, match=r"(?i)not authorized"):
        reader.write(LogBatch((run("a", 1), run("a", 2))))
    assert page(reader, "a") == [run("a", 0)]
    reader.close()


def may_make_no_index(server: MongoServer, user: str) -> MongoSettings:
    """A user of a database of its own who may write both collections, and make no index."""
    actions = ["find", "insert", "update", "remove"]
    may = [
        {"resource": {"db": user, "collection": name}, "actions": actions}
        for name in ("log", "audit")
    ]
    with server.client() as client:
        client[user].command("createRole", "writes", privileges=may, roles=[])
        roles = [{"role": "writes", "db": user}]
        client["admin"].command("createUser", user, pwd="pw", roles=roles)
    return dataclasses.replace(settings(server), user=user, password="pw", database=user)


def test_who_may_write_and_make_no_index_is_told_that_of_the_indexes_alone(
    guarded: MongoServer,
) -> None:
    writer = MongoLogStore(may_make_no_index(guarded, "indexless"))
    writer.write(LogBatch((run("a", 0),)))
    assert page(writer, "a") == [run("a", 0)]
    entry = AuditEntry(T, "created", job="a", identity=f"{T}-01234567")
    writer.audit.write([entry])
    assert writer.audit.read(AuditFilter(job="a"), "", 5) == [entry]
    with pytest.raises(LogStoreUnindexed, match=r"(?i)not authorized") as refused:
        writer.ping()
    assert str(refused.value).count(guarded.endpoint) == 1
    assert "lsid" not in str(refused.value)
    writer.close()


def test_certificate_and_key_may_be_one_file_or_two(
    encrypted: MongoServer, certificates: Certificates
) -> None:
    trusting = dataclasses.replace(settings(encrypted), ca_file=certificates.ca)
    works(dataclasses.replace(trusting, cert_file=certificates.pair))
    works(
        dataclasses.replace(
            trusting, cert_file=certificates.client_cert, key_file=certificates.client_key
        )
    )


def test_a_client_without_certificate_is_not_let_in(
    encrypted: MongoServer, certificates: Certificates
) -> None:
    with pytest.raises(LogStoreError):
        works(dataclasses.replace(settings(encrypted, 3.0), ca_file=certificates.ca))


def test_a_server_of_another_authority_is_not_trusted_and_the_reason_said(
    encrypted: MongoServer, tmp_path: Path
) -> None:
    foreign = make_certificates(tmp_path / "foreign")
    strange = settings(encrypted, 3.0)
    with pytest.raises(LogStoreLost, match=r"(?i)certificate"):
        works(dataclasses.replace(strange, ca_file=foreign.ca, cert_file=foreign.pair))


def test_a_plain_connection_to_an_encrypted_server_fails(encrypted: MongoServer) -> None:
    with pytest.raises(LogStoreLost):
        works(settings(encrypted, 3.0))


def test_a_shipper_that_may_not_write_says_so_and_ships_once_it_may(
    guarded: MongoServer, tmp_path: Path
) -> None:
    with guarded.client() as client:
        client["admin"].command(
            "createUser", "newcomer", pwd="pw", roles=[{"role": "read", "db": "cron"}]
        )
        said: queue.Queue[Up] = queue.Queue()
        newcomer = dataclasses.replace(settings(guarded), user="newcomer", password="pw")
        opening = Open(MongoSpec(newcomer), "w", tmp_path, 1, 0.1, tmp_path / "aside")
        shipper = ShipperProcess(opening, said.put, lambda: None)
        shipper.put(Keep(4, (run("newcomer", 1),)))
        state = said.get(timeout=60)
        assert isinstance(state, State)
        assert "not authorized" in state.why.lower()
        granted = [{"role": "readWrite", "db": "cron"}]
        client["admin"].command("updateUser", "newcomer", roles=granted)
    guarded.restart()  # not every server looks again at who is connected already
    until(lambda: said.get(timeout=60) == Shipped((4,)), why="it is stored")
    assert said.get(timeout=60) == State("")
    shipper.put(Stop())
    shipper.end(20)


def test_a_shipper_that_may_make_no_index_ships_and_says_that_of_the_indexes_alone(
    guarded: MongoServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said: queue.Queue[Up] = queue.Queue()
    opening = Open(
        MongoSpec(may_make_no_index(guarded, "slow")), "w", tmp_path, 1, 0.1, tmp_path / "aside"
    )
    shipper = ShipperProcess(opening, said.put, lambda: None)
    told = ""

    def hears() -> str:
        nonlocal told
        told += capfd.readouterr().err
        return told

    for number in range(3):
        shipper.put(Keep(number, (run("slow", number),)))
        assert said.get(timeout=60) == Shipped((number,))
    until(lambda: "searching walks without an index" in hears(), why="it says so")
    shipper.put(Stop())
    shipper.end(20)
    assert "records wait" not in hears()
    assert said.empty()


def test_a_shipper_with_a_wrong_password_says_so_and_shows_none(
    guarded: MongoServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said: queue.Queue[Up] = queue.Queue()
    wrong = dataclasses.replace(settings(guarded), user=LOGIN.user, password="wr0ng-password")
    opening = Open(MongoSpec(wrong), "w", tmp_path, 1, 0.1, tmp_path / "aside")
    shipper = ShipperProcess(opening, said.put, lambda: None)
    shipper.put(Keep(4, (run("wrong", 1),)))
    state = said.get(timeout=60)
    assert isinstance(state, State)
    assert "authentication" in state.why.lower()
    argv = Path(f"/proc/{shipper.pid}/cmdline").read_bytes()
    environment = Path(f"/proc/{shipper.pid}/environ").read_bytes()
    shipper.put(Stop())
    shipper.end(20)
    told = capfd.readouterr().err
    assert ("ERROR" in told, "wr0ng" in told) == (True, False)
    assert (b"wr0ng" in argv, b"wr0ng" in environment) == (False, False)
