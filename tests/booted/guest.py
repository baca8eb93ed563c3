"""A booted root, as the tests see it: commands run in it, files put into it."""

from __future__ import annotations

import json
import shlex
import socket
from dataclasses import dataclass
from pathlib import Path

from tests.servers.child import Child
from tests.waiting import until


class GuestFailed(AssertionError):
    """A command that failed inside, or a guest that does not answer; the text says what it said."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended inside: its exit code (-1: not in time) and what it said."""

    code: int
    out: str
    err: str


class Guest:
    """A connection to the agent of a booted root; one thread's business.

    `slow` stretches every timeout, for a machine that is emulated.
    """

    def __init__(self, connection: socket.socket, slow: float = 1.0) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")
        self._slow = slow

    def attempt(self, *argv: str | Path, stdin: str = "", timeout: float = 60.0) -> Done:
        """Run a command, `timeout` seconds at most, and tell how it ended."""
        limit = timeout * self._slow
        words = [str(word) for word in argv]
        request = json.dumps({"argv": words, "stdin": stdin, "timeout": limit})
        self._connection.settimeout(limit + 20.0 * self._slow)
        try:
            self._connection.sendall(request.encode() + b"\n")
            answer = self._lines.readline()
        except OSError as error:
            raise GuestFailed(f"{shlex.join(words)}: the guest is silent: {error}") from error
        if not answer:
            raise GuestFailed(f"{shlex.join(words)}: the guest is gone")
        return Done(**json.loads(answer))

    def run(self, *argv: str | Path, stdin: str = "", timeout: float = 60.0) -> str:
        """What the command printed; GuestFailed if it did not end with 0."""
        done = self.attempt(*argv, stdin=stdin, timeout=timeout)
        if done.code:
            words = shlex.join(map(str, argv))
            raise GuestFailed(f"{words}: exit code {done.code}\n{done.out}{done.err}")
        return done.out

    def sh(self, script: str, timeout: float = 60.0) -> str:
        """What a shell script printed; GuestFailed at the first of its commands that fails."""
        return self.run("sh", "-euc", script, timeout=timeout)

    def put(self, path: str | Path, text: str, mode: int = 0o644) -> None:
        """Write a file inside, with the folders it needs."""
        name = shlex.quote(str(path))
        script = f'mkdir -p "$(dirname {name})"; cat >{name}; chmod {mode:o} {name}'
        self.run("sh", "-euc", script, stdin=text)

    def until(self, script: str, timeout: float = 30.0) -> str:
        """Run a shell script again and again until it ends with 0; what it printed then."""

        def succeeds() -> Done | None:
            done = self.attempt("sh", "-euc", script)
            return None if done.code else done

        return until(succeeds, timeout * self._slow, why=script).out

    def close(self) -> None:
        """Let go of the connection; the guest goes on."""
        self._lines.close()
        self._connection.close()


def reach(path: Path, by: Child, slow: float = 1.0, timeout: float = 60.0) -> Guest:
    """Connect to the agent behind a Unix socket, which `by` boots, waiting until it answers."""

    def connected() -> socket.socket | None:
        if not by.running:
            raise GuestFailed(f"{by.argv[0]} ended with {by.exit_code}\n{by.tail()}")
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
        except OSError:
            connection.close()
            return None
        return connection

    guest = Guest(until(connected, timeout, why=f"an agent at {path}"), slow)
    guest.run("true", timeout=timeout / slow)
    return guest
