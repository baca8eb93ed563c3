"""What the command line loads, and what it leaves alone."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from cli.__main__ import Fleetcron, fleetcron

LOADED = (
    "import sys\n"
    "from click.testing import CliRunner\n"
    "from cli.__main__ import fleetcron\n"
    "result = CliRunner().invoke(fleetcron, {arguments!r})\n"
    "assert result.exit_code == 0, (result.output, result.exception)\n"
    "{more}\n"
    "print(*sys.modules)\n"
)
STORES = {"grpc", "etcd3", "pymongo", "bson", "google.protobuf"}
SERVERS = STORES | {"http.server", "sqlite3", "master", "worker"}


def loaded(*arguments: str, more: str = "") -> set[str]:
    code = LOADED.format(arguments=list(arguments), more=more)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], SERVERS | {"croniter", "http.client", "cli.standalone", "common.config"}),
        (["explain", "@daily"], SERVERS),
        (["job", "--help"], SERVERS | {"croniter"}),
        (["job", "save", "--help"], SERVERS | {"croniter"}),
        (["worker", "--help"], SERVERS | {"croniter"}),
        (["master", "--help"], SERVERS | {"croniter"}),
        (["standalone", "--help"], SERVERS | {"croniter"}),
    ],
)
def test_a_command_loads_only_what_it_needs(arguments: list[str], unwanted: set[str]) -> None:
    assert loaded(*arguments) & unwanted == set()


def test_standalone_loads_neither_etcd_nor_mongodb() -> None:
    modules = loaded(
        "--help",
        more="import cli.standalone, master.__main__, worker.__main__\n"
        "import common.sqlite_store, common.sqlite_log\n",
    )
    assert modules & STORES == set()


def test_every_command_of_the_table_can_be_loaded() -> None:
    for name in Fleetcron.lazy:
        result = CliRunner().invoke(fleetcron, [name, "--help"])
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith(f"Usage: fleetcron {name}")


def test_the_help_lists_every_command_with_its_line() -> None:
    shown = CliRunner().invoke(fleetcron, ["--help"]).stdout
    for name, (_, line) in Fleetcron.lazy.items():
        assert f"{name} " in shown
        assert line in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["job"],
        ["job", "bogus"],
        ["job", "save"],
        ["job", "save", "a", "--file", "-"],
        ["job", "save", "--file", "-", "--set", "owner=x"],
        ["job", "save", "a", "--set", "owner"],
        ["job", "show"],
        ["job", "log", "a", "--limit", "0"],
        ["job", "list", "--server", "ftp://a"],
        ["job", "list", "--server", "127.0.0.1:8070"],
        ["job", "list", "--server", "http://a:99999"],
        ["job", "list", "--server", "http://u:p@a"],
        ["master"],
        ["worker"],
        ["worker", "--config", "a.toml", "list"],
        ["standalone", "--timezone", "Mars/Base"],
    ],
)
def test_what_is_asked_wrongly_ends_with_exit_code_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(fleetcron, arguments, input="[]")
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
