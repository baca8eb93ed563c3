"""The house's own rules, read from its source: who may import whom, and how big a room may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["cli", "common", "master", "worker"]
FILES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]

# Which of our packages a package may import at its files' top level, and inside functions alone.
MAY = {
    "cli": {"cli", "common"},
    "common": {"common"},
    "master": {"master", "common"},
    "worker": {"worker", "common"},
}
MAY_LATER = {**MAY, "cli": {"cli", "common", "master", "worker"}}

# The one place that may import a package of somebody else's.
OWNERS = {
    "croniter": "common/",
    "etcd3": "common/etcd_",
    "google": "common/etcd_",
    "grpc": "common/etcd_",
    "psutil": "",
    "re2": "common/",
    "pymongo": "common/mongo_",
    "bson": "common/mongo_",
}
SEVERAL_FILES = {"etcd3", "google", "grpc", "pymongo", "bson"}  # a family of files each

LONGEST_FILE = 250
LONGEST_FUNCTION = 45

every_file = pytest.mark.parametrize("path", FILES, ids=NAMES)


def top(module: str) -> str:
    """The package that a dotted name begins with."""
    return module.partition(".")[0]


def imports(path: Path) -> Iterator[tuple[str, bool, int]]:
    """Each imported package: its top name, whether inside a function, and the line."""
    tree = ast.parse(path.read_text())
    later = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield top(alias.name), id(node) in later, node.lineno
        elif isinstance(node, ast.ImportFrom):
            name = top(node.module or "") if not node.level else path.parent.name
            yield name, id(node) in later, node.lineno


def wrong_arrows(path: Path, package: str) -> list[str]:
    """Imports from `path`, a file of `package`, that the layers do not allow."""
    return [
        f"{path.name}:{line} imports {name}{' late' if later else ''}"
        for name, later, line in imports(path)
        if name in {*PACKAGES, "tests", "bench"}
        and name not in (MAY_LATER if later else MAY)[package]
    ]


@every_file
def test_imports_flow_down(path: Path) -> None:
    assert wrong_arrows(path, path.relative_to(ROOT).parts[0]) == []


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("worker", "import master.server"),
        ("master", "def f():\n    from worker import executor\n"),
        ("common", "def f():\n    import cli\n"),
        ("cli", "from worker.daemon import build"),
        ("common", "from tests.waiting import until"),
    ],
)
def test_an_arrow_that_points_up_is_noticed(tmp_path: Path, package: str, source: str) -> None:
    path = tmp_path / "room.py"
    path.write_text(source)
    assert len(wrong_arrows(path, package)) == 1


def test_the_cli_may_start_a_daemon_late(tmp_path: Path) -> None:
    path = tmp_path / "room.py"
    path.write_text("def worker():\n    from worker.daemon import build\n    return build\n")
    assert wrong_arrows(path, "cli") == []


@pytest.mark.parametrize("library", OWNERS)
def test_one_place_imports_a_library(library: str) -> None:
    users = [
        name
        for path, name in zip(FILES, NAMES, strict=True)
        if any(imported == library for imported, _, _ in imports(path))
    ]
    assert all(name.startswith(OWNERS[library]) for name in users), users
    assert library in SEVERAL_FILES or len(users) <= 1, users


@every_file
def test_nothing_sleeps_blind(path: Path) -> None:
    sleeps = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr == "sleep")
        or (isinstance(node, ast.alias) and node.name == "sleep")
    ]
    assert sleeps == []


@every_file
def test_a_file_is_a_small_room(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


@every_file
def test_a_function_fits_on_a_page(path: Path) -> None:
    long = [
        f"{node.name} has {(node.end_lineno or node.lineno) - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


@every_file
def test_only_the_command_line_prints(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] == "cli":
        return
    prints = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert prints == []
