"""What is made of the settings of MongoDB, without a server."""

from pathlib import Path

import bson
import pymongo
import pytest
from bson.objectid import ObjectId

from common.errors import ConfigError
from common.mongo_log import MongoLogStore
from common.mongo_options import address, client_options
from common.mongo_settings import MongoSettings
from common.record import from_document

SECRET = "s3cret-Pa$$word"


def test_output_that_a_go_worker_stored_as_no_utf_8_is_read_with_replacements() -> None:
    raw = bson.encode({"_id": ObjectId(), "jobName": "go", "output": "hello\n"})
    with client_options(MongoSettings("mongodb://h")) as options:
        client = pymongo.MongoClient[dict[str, str]](**options)
    document = bson.decode(raw.replace(b"hello", b"\xff\xfello"), client.codec_options)
    assert from_document(document).output == "\N{REPLACEMENT CHARACTER}" * 2 + "llo\n"
    client.close()


def test_no_password_is_shown_by_settings_or_store() -> None:
    settings = MongoSettings(
        f"mongodb://u:{SECRET.replace('$', '%24')}@h", user="u", password=SECRET
    )
    store = MongoLogStore(settings)
    shown = [repr(settings), repr(store), str(vars(store)), address(settings)]
    assert not [text for text in shown if "s3cret" in text]
    store.close()


@pytest.mark.parametrize(
    "uri",
    [
        f"mongodb://u:{SECRET}/x@host",
        f"mongodb://u:{SECRET}:x@host:port",
        f"mongodb://u:{SECRET}@host:99999",
        f"mongodb://u:{SECRET}@[::1",
        f"mongodb://u:{SECRET}@host/?connectTimeoutMS=x&tls=perhaps",
        f"mongodb://u:{SECRET}@host/?authMechanism=NONE",
        f"mongodb://u:{SECRET}@host/?tlss=true",
        f"http://u:{SECRET}@host",
        "",
    ],
)
def test_a_uri_that_is_none_is_refused_without_its_password(uri: str) -> None:
    with pytest.raises(ConfigError, match="mongodb_uri") as refused:
        MongoLogStore(MongoSettings(uri, password="another"))
    assert "s3cret" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    for settings in (
        MongoSettings("mongodb://h", ca_file=missing),
        MongoSettings("mongodb://h", cert_file=missing),
        MongoSettings("mongodb://h", cert_file=missing, key_file=missing),
    ):
        with pytest.raises(ConfigError, match=r"missing\.pem"):
            MongoLogStore(settings)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://a:1,b:2/?replicaSet=r", "a:1,b:2"),
        ("mongodb+srv://u:p@cluster.example/cron", "cluster.example"),
        ("mongodb://u:p/x@[::1]:27017", "[::1]:27017"),
    ],
)
def test_the_address_is_the_hosts_alone(uri: str, shown: str) -> None:
    assert address(MongoSettings(uri)) == shown
