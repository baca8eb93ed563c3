"""The script `./dev`, with an interpreter that notes what it is asked instead of installing it."""

import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.waiting import until

ROOT = Path(__file__).parents[2]
TOOLS = ["sh", "env", "cat", "cksum", "dirname", "grep", "mkdir", "mv", "readlink", "rm"]

# What stands for python3, and for the one in .venv: real for `-c`, else it notes its arguments.
PYTHON = f"""#!/bin/sh
[ "$1" = -c ] && exec {sys.executable} "$@"
echo "$*" >>"$NOTES"
case "$*" in
"-m venv "*)
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    echo "#!$3/bin/python" >"$3/bin/pip"
    printf '#!/bin/sh\\necho "$PWD: $*"; ${{RUNS:-exit 7}}\\n' >"$3/bin/fleetcron"
    chmod +x "$3/bin/fleetcron"
    ;;
*"pip install"*) ${{PIP:-:}} ;;
*pytest*) echo "$PWD: $*"; exit 5 ;;
esac
"""


class Checkout:
    """A folder with `dev` and the files it reads, and a PATH of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "check out"
        self.programs = folder / "bin"
        self.notes = folder / "notes"
        self.folder.mkdir()
        self.programs.mkdir()
        for name in ("dev", "setup.cfg", "pyproject.toml"):
            shutil.copy2(ROOT / name, self.folder)
        for name in [*TOOLS, "cp", "chmod"]:
            (self.programs / name).symlink_to(shutil.which(name) or f"/no/{name}")
        self.program("python3", PYTHON)

    def program(self, name: str, text: str) -> None:
        """Put a program on the checkout's PATH."""
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": str(self.programs), "NOTES": str(self.notes), **more}

    def dev(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run ./dev from another folder than its own."""
        return subprocess.run(
            [self.folder / "dev", *arguments],
            env=self.environment(**more),
            cwd=self.programs,
            text=True,
            capture_output=True,
            timeout=60,
        )

    def installs(self) -> list[str]:
        """What pip was asked to install, once per call, without the path before it."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [line.rpartition(str(self.folder))[2] for line in lines if "pip install" in line]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A fresh checkout without a .venv."""
    return Checkout(tmp_path)


def test_help_names_every_command(checkout: Checkout) -> None:
    done = checkout.dev("--help")
    assert done.returncode == 0
    commands = ("run", "test", "faults", "model", "lint", "bench", "setup")
    assert all(f"\n  {name} " in done.stdout for name in commands)


@pytest.mark.parametrize("arguments", [(), ("no-such",), ("setup", "--no-such")])
def test_a_wrong_call_is_exit_code_2_and_installs_nothing(
    checkout: Checkout, arguments: tuple[str, ...]
) -> None:
    done = checkout.dev(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
    assert not checkout.notes.exists()


def test_run_installs_the_product_alone_and_passes_arguments_and_exit_code(
    checkout: Checkout,
) -> None:
    done = checkout.dev("run", "--data", "a b")
    assert checkout.installs() == [""]
    assert done.stdout == f"{checkout.programs}: standalone --data a b\n"
    assert done.returncode == 7


def test_test_installs_the_extras_and_runs_pytest_in_the_checkout(checkout: Checkout) -> None:
    done = checkout.dev("test", "-k", "a name")
    assert checkout.installs() == ["[test,lint]"]
    assert done.stdout == f"{checkout.folder}: -m pytest -k a name\n"
    assert done.returncode == 5


def test_all_tests_run_side_by_side(checkout: Checkout) -> None:
    assert "--numprocesses" in checkout.dev("test").stdout


def test_faults_runs_the_fault_bench_with_its_arguments(checkout: Checkout) -> None:
    checkout.dev("faults", "--random", "--minutes", "1")
    assert checkout.installs() == ["[test,lint]"]
    assert "-m tests.faults --random --minutes 1" in checkout.notes.read_text()


def test_bench_runs_the_one_that_was_named_with_its_arguments(checkout: Checkout) -> None:
    (checkout.folder / "bench").mkdir()
    (checkout.folder / "bench/spawn_bench.py").touch()
    checkout.dev("bench", "spawn", "--runs", "9")
    assert "-m bench.spawn_bench --runs 9" in checkout.notes.read_text()


def test_an_unknown_bench_is_named(checkout: Checkout) -> None:
    done = checkout.dev("bench", "none-such")
    assert done.returncode == 1
    assert "no bench/none-such_bench.py" in done.stderr


def test_lint_makes_every_check_and_fails_when_one_fails(checkout: Checkout) -> None:
    checkout.dev("setup", "--test")
    python = checkout.folder / ".venv/bin/python"
    python.write_text(PYTHON + '[ "$2 $3" != "ruff check" ]\n')
    assert checkout.dev("lint").returncode == 1
    assert checkout.notes.read_text().splitlines()[-3:] == [
        "-m ruff check .",
        "-m ruff format --check .",
        "-m mypy",
    ]


def test_a_second_call_installs_nothing(checkout: Checkout) -> None:
    checkout.dev("setup", "--test")
    checkout.dev("test")
    checkout.dev("run")
    assert checkout.installs() == ["[test,lint]"]


def test_what_the_product_needs_does_not_do_for_the_tests(checkout: Checkout) -> None:
    checkout.dev("setup")
    checkout.dev("setup", "--test")
    assert checkout.installs() == ["", "[test,lint]"]


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml", "worker/helper/run.c"])
def test_what_is_installed_anew_when_it_changes(checkout: Checkout, name: str) -> None:
    checkout.dev("setup")
    (checkout.folder / name).parent.mkdir(parents=True, exist_ok=True)
    with (checkout.folder / name).open("a") as file:
        file.write("\n")
    checkout.dev("setup")
    assert checkout.installs() == ["", ""]


def test_a_set_up_that_failed_is_redone_from_the_start(checkout: Checkout) -> None:
    failed = checkout.dev("setup", PIP="exit 1")
    assert failed.returncode == 1
    assert "set-up failed" in failed.stderr
    assert checkout.dev("setup").returncode == 0
    assert checkout.notes.read_text().count("-m venv") == 2


def test_a_checkout_that_was_moved_is_set_up_anew(checkout: Checkout) -> None:
    checkout.dev("setup")
    checkout.folder = checkout.folder.rename(checkout.folder.with_name("moved"))
    assert checkout.dev("setup").returncode == 0
    assert checkout.notes.read_text().count("-m venv") == 2


def test_a_venv_whose_interpreter_has_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.dev("setup")
    (checkout.folder / ".venv/bin/python").unlink()
    assert checkout.dev("run").returncode == 7
    assert checkout.notes.read_text().count("-m venv") == 2


def test_calls_at_the_same_time_set_up_once(checkout: Checkout) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: checkout.dev("run"), range(4)))
    assert [one.returncode for one in done] == [7] * 4
    assert checkout.installs() == [""]


def test_without_a_python_it_says_what_is_needed(checkout: Checkout) -> None:
    checkout.program("python3", "#!/bin/sh\nexit 1\n")
    done = checkout.dev("setup")
    assert done.returncode == 1
    assert "no Python 3.11 or later" in done.stderr


def test_a_python_without_venv_is_told_apart(checkout: Checkout) -> None:
    checkout.program("python3", '#!/bin/sh\ncase "$2" in *venv*) exit 1 ;; esac\n')
    done = checkout.dev("setup")
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def test_an_interpreter_that_was_named_is_the_only_one_tried(checkout: Checkout) -> None:
    done = checkout.dev("setup", PYTHON="/no/python")
    assert done.returncode == 1
    assert "/no/python" in done.stderr


def test_settings_for_other_pythons_do_not_reach_in(checkout: Checkout) -> None:
    done = checkout.dev("run", PYTHONPATH="/else/where", PIP_TARGET="/else/where", RUNS="env")
    assert "PATH=" in done.stdout
    assert "/else/where" not in done.stdout


def test_a_signal_reaches_the_daemon_itself(checkout: Checkout) -> None:
    checkout.dev("setup")
    running = subprocess.Popen(
        [checkout.folder / "dev", "run"],
        env=checkout.environment(RUNS="exec sleep 1000", PATH=os.environ["PATH"]),
        stdout=subprocess.PIPE,
    )
    assert running.stdout is not None
    running.stdout.readline()
    until(lambda: Path(f"/proc/{running.pid}/cmdline").read_bytes().startswith(b"sleep"))
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == -signal.SIGTERM
    running.stdout.close()
