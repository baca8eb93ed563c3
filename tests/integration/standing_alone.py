"""A standalone fleetcron of a test, and the command line as its user has it."""

import os
import re
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from cli.__main__ import fleetcron
from tests.own_user import OWN_USER
from tests.servers.child import Child
from tests.servers.ports import free_port
from tests.waiting import until

HERE = Path(__file__).parents[2]


class Standalone:
    """`fleetcron standalone` in a process of its own, on a data directory of its own."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        own = ["--listen", f"127.0.0.1:{free_port()}", "--default-user", OWN_USER]
        argv = [sys.executable, "-m", "cli", "standalone", *own, "--data", str(data), *options]
        self.child = Child(argv, data.with_suffix(".log"), cwd=HERE, env=dict(os.environ))
        self.url = ""

    def start(self) -> None:
        """Start it and wait until it says where its page is."""
        before = len(self._told())
        self.child.start()
        until(lambda: len(self._told()) > before or not self.child.running, why="it is ready")
        assert self.child.running, self.child.tail()
        self.url = self._told()[-1]

    def _told(self) -> list[str]:
        text = self.child.log.read_text() if self.child.log.exists() else ""
        return re.findall(r"open (http://\S+)/\n", text)

    def call(self, *arguments: str, given: str = "") -> Result:
        """Run a command of the command line against it."""
        return CliRunner(env={"FLEETCRON_SERVER": self.url}).invoke(
            fleetcron, list(arguments), input=given
        )
