"""What a configuration file may say, and the sentence for each thing that it may not."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from common.config import MasterConfig, WorkerConfig, load_master, load_worker
from common.errors import ConfigError

Write = Callable[[str], Path]


@pytest.fixture
def toml(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "fleetcron.toml"
        path.write_text(text)
        path.chmod(0o600)
        return path

    return write


def test_an_empty_file_is_the_defaults(toml: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/state/one:/state/two")
    assert load_master(toml("")) == MasterConfig()
    assert load_worker(toml("")) == WorkerConfig(data_dir=Path("/state/one"))


def test_every_setting_of_a_master_is_read(toml: Write) -> None:
    config = load_master(
        toml("""
            listen = "[::1]:9000"
            allow_users = ["ann"]
            allowed_hosts = ["cron.example.org"]
            read_timeout_seconds = 5
            write_timeout_seconds = 7.5
            timezone = "Europe/Berlin"
            log_level = "debug"
            etcd_endpoints = ["https://[::1]:2379", "https://localhost:2381"]
            etcd_dial_timeout_seconds = 1
            mongodb_uri = "mongodb://127.0.0.1:27018"
            mongodb_connect_timeout_seconds = 2
        """)
    )
    assert config.address == ("::1", 9000)
    assert (config.allow_users, config.allowed_hosts) == (("ann",), ("cron.example.org",))
    assert (config.read_timeout_seconds, config.write_timeout_seconds) == (5.0, 7.5)
    assert (config.timezone, config.log_level) == ("Europe/Berlin", "debug")
    assert config.stores.etcd_endpoints == ("https://[::1]:2379", "https://localhost:2381")
    assert config.stores.mongodb_uri == "mongodb://127.0.0.1:27018"
    assert config.stores.mongodb_connect_timeout_seconds == 2.0


def test_every_setting_of_a_worker_is_read(toml: Write, tmp_path: Path) -> None:
    config = load_worker(
        toml("""
            advertise_ip = "10.0.0.7"
            instance = "a"
            data_dir = "state"
            lost_after_seconds = 15
            registration_seconds = 5
            stop_timeout_seconds = 0
            executors = 1
            executor_threads = 8
            spool_bytes = 1048576
            spool_output_days = 0.5
            log_batch_size = 10
            log_commit_seconds = 0.5
        """)
    )
    assert (config.advertise_ip, config.instance) == ("10.0.0.7", "a")
    assert config.data_dir == tmp_path / "state" / "a"
    assert (config.lost_after_seconds, config.registration_seconds) == (15.0, 5.0)
    assert (config.stop_timeout_seconds, config.executors, config.executor_threads) == (0.0, 1, 8)
    assert (config.spool_bytes, config.spool_output_days) == (1 << 20, 0.5)
    assert (config.log_batch_size, config.log_commit_seconds) == (10, 0.5)


def test_the_command_line_overrides_instance_and_data(toml: Write, tmp_path: Path) -> None:
    config = load_worker(toml('instance = "a"'), "b", tmp_path / "other")
    assert (config.instance, config.data_dir) == ("b", tmp_path / "other" / "b")


REFUSED = [
    ("lissten = 'x'", "lissten: there is no such setting; did you mean listen?"),
    ("zzz = 1", "zzz: there is no such setting"),
    ("executors = 2", "executors: is a setting of the worker"),
    ("listen = 8070", "listen: expected text, got a number"),
    ("listen = '8070'", "listen: expected host:port, got '8070'"),
    ("listen = '127.0.0.1:99999'", "listen: expected host:port"),
    ("listen = '::1:8070'", "listen: '::1' is not a host; an IPv6 address stands in brackets"),
    ("listen = '[zz::1]:8070'", "listen: 'zz::1' is not a host"),
    ("listen = '0.0.0.0:8070'", "insecure_listen = true"),
    ("listen = ':8070'", "insecure_listen = true"),
    ("listen = '[::]:8070'", "insecure_listen = true"),
    ("listen = 'myhost:8070'", "insecure_listen = true"),
    ("insecure_listen = 'yes'", "insecure_listen: expected true or false, got text"),
    ("keep_days = -1", "keep_days: expected a number from 0 to 36500, got -1"),
    ("keep_runs = 1.5", "keep_runs: expected a whole number from 0 to 1000000, got 1.5"),
    ("keep_days = 9\nkeep_failed_days = 8", "keep_failed_days: 8 is less than keep_days (9)"),
    ("allow_users = 'ann'", "allow_users: expected a list of texts, got text"),
    ("allow_users = [1]", "allow_users: expected text, got a number"),
    ("allow_users = ['']", "allow_users: must not be empty"),
    ("read_timeout_seconds = 0", "expected a number from 0.1 to 3600, got 0"),
    ("read_timeout_seconds = nan", "expected a number from 0.1 to 3600, got nan"),
    ("read_timeout_seconds = true", "expected a number from 0.1 to 3600, got true or false"),
    ("read_timeout_seconds = 1979-05-27", "expected a number from 0.1 to 3600, got date"),
    ("timezone = 'Mars/Base'", "timezone: 'Mars/Base'"),
    ("timezone = ''", "timezone: must not be empty"),
    ("log_level = 'loud'", "log_level: expected one of debug, info, warning, error, got 'loud'"),
    ("etcd_endpoints = []", "etcd_endpoints: expected at least one"),
    ("etcd_endpoints = ['localhost']", "etcd_endpoints: expected host:port"),
    ("etcd_endpoints = ['ftp://a:1']", "etcd_endpoints: expected host:port or https://host:port"),
    ("etcd_endpoints = ['http://u:p@a:1']", "etcd_endpoints: expected host:port or https"),
    ("etcd_endpoints = ['http://a:1/x']", "etcd_endpoints: expected host:port or https"),
    ("mongodb_uri = 'http://a'", "mongodb_uri: expected mongodb://host:port"),
    ('webroot = "a\\u0001"', "webroot: control characters are not allowed"),
    ("= broken", "not valid TOML"),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_what_is_wrong_is_named_with_file_and_key(toml: Write, text: str, sentence: str) -> None:
    path = toml(text)
    with pytest.raises(ConfigError) as refused:
        load_master(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert sentence in str(refused.value)


REFUSED_FOR_WORKERS = [
    ("listen = '127.0.0.1:1'", "listen: is a setting of the master"),
    ("executors = 0", "executors: expected a whole number from 1 to 64, got 0"),
    ("executors = 1.5", "executors: expected a whole number from 1 to 64, got 1.5"),
    ("advertise_ip = 'db7'", "advertise_ip: expected an IP address, got 'db7'"),
    ("instance = 'a/b'", "instance: 'a/b' is not 1-64 characters"),
    ("instance = '..'", "instance: '..' is not 1-64 characters"),
    ("lost_after_seconds = 1", "lost_after_seconds: expected a number from 2 to 3600, got 1"),
    ("spool_bytes = 1000", "spool_bytes: expected a whole number from 1048576 to 1099511627776"),
    ("spool_output_days = 0", "spool_output_days: expected a number from 0.01 to 3650, got 0"),
    ("log_batch_size = 1001", "log_batch_size: expected a whole number from 1 to 1000"),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED_FOR_WORKERS)
def test_a_worker_refuses_its_own(toml: Write, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_worker(toml(text))
    assert sentence in str(refused.value)


def test_an_instance_of_the_command_line_is_checked_too(toml: Write) -> None:
    with pytest.raises(ConfigError, match=r"instance: '../x' is not"):
        load_worker(toml(""), "../x")


def test_a_file_that_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none\.toml: No such file"):
        load_master(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="Is a directory"):
        load_worker(tmp_path)


def test_a_file_that_is_not_utf8_gets_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"listen = '\xff'")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_master(path)


FIXED_MASTER = {
    "the port of the API": "a comment",
    "apiPort": 8071,
    "apiReadTimeout": 5000,
    "apiWriteTimeout": 6000,
    "etcdEndpoints": ["127.0.0.1:2379"],
    "etcdDialTimeout": 1500,
    "webroot": "./webroot",
    "mongodbUri": "mongodb://127.0.0.1:27017",
    "mongodbConnectTimeout": 4000,
}


def test_the_fixed_interfaces_master_file_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "master.json"
    path.write_text(json.dumps(FIXED_MASTER))
    config = load_master(path)
    assert config.listen == "127.0.0.1:8071"
    assert (config.read_timeout_seconds, config.write_timeout_seconds) == (5.0, 6.0)
    assert config.stores.etcd_dial_timeout_seconds == 1.5
    assert config.stores.mongodb_connect_timeout_seconds == 4.0
    assert config.webroot == tmp_path / "webroot"
    assert "webroot is not used" in caplog.text


def test_the_fixed_interfaces_worker_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "worker.json"
    path.write_text(json.dumps({"jobLogBatchSize": 50, "jobLogCommitTimeout": 2500, "//": "x"}))
    config = load_worker(path)
    assert (config.log_batch_size, config.log_commit_seconds) == (50, 2.5)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"apiPort": "8070"}, "apiPort: expected a whole number from 0 to 65535, got text"),
        ({"apiPort": 1, "listen": "127.0.0.1:2"}, "apiPort: sets the same as listen"),
        ({"apiReadTimeout": "5s"}, "apiReadTimeout: expected a number"),
        ({"apiReadTimeout": 5}, "from 0.1 to 3600, got 0.005 seconds; here it is in ms"),
        ({"etcdEndpoints": "a:1"}, "etcdEndpoints: expected a list of texts, got text"),
        ({"insecureEtcd": 1}, "insecureEtcd: expected true or false, got a number"),
        ({"mongodbUri": None}, "mongodbUri: expected text, got null"),
        ([], "expected a JSON object"),
    ],
)
def test_a_json_file_is_checked_by_its_own_names(
    tmp_path: Path, document: object, sentence: str
) -> None:
    path = tmp_path / "master.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ConfigError) as refused:
        load_master(path)
    assert sentence in str(refused.value)


def test_a_json_file_can_say_our_own_settings(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    path.write_text('{"etcdEndpoints": ["10.0.0.1:2379"], "insecureEtcd": true}')
    assert load_master(path).stores.insecure_etcd


def test_an_open_listen_address_is_taken_when_the_file_says_so(toml: Write) -> None:
    config = load_master(toml("listen = '0.0.0.0:8070'\ninsecure_listen = true"))
    assert config.address == ("0.0.0.0", 8070)


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("localhost:1", ("127.0.0.1", 1)),
        ("127.0.0.2:0", ("127.0.0.2", 0)),
        ("[::ffff:127.0.0.1]:5", ("::ffff:127.0.0.1", 5)),
    ],
)
def test_loopback_has_many_spellings(toml: Write, listen: str, address: tuple[str, int]) -> None:
    assert load_master(toml(f"listen = '{listen}'")).address == address
