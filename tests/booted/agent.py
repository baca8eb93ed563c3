"""Runs inside of a booted root: carries out the commands that the tests send, one after the other.

A request is a line of JSON: {"argv", "stdin", "timeout"}; so is its answer: {"code", "out", "err"},
with code -1 for what did not end in time or could not start. Without arguments it listens on a Unix
socket; with the path of a serial port it talks over that. It knows nothing of the product, and runs
on the root's own Python with the standard library alone.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from typing import Any, BinaryIO

SOCKET = "/mnt/agent/agent.sock"


def carry_out(request: dict[str, Any]) -> dict[str, Any]:
    """Run a command; its output goes through files, for what it leaves behind may hold a pipe."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code, why = _run(request, out, err)
        out.seek(0)
        err.seek(0)
        texts = [said.read().decode(errors="replace") for said in (out, err)]
    return {"code": code, "out": texts[0], "err": texts[1] + why}


def _run(request: dict[str, Any], out: BinaryIO, err: BinaryIO) -> tuple[int, str]:
    try:
        done = subprocess.run(
            request["argv"],
            input=request["stdin"].encode(),
            stdout=out,
            stderr=err,
            timeout=request["timeout"],
            start_new_session=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return -1, f"\n{error!r}"
    return done.returncode, ""


def serve(fd: int) -> None:
    """Answer what comes over this descriptor until its other end closes."""
    with os.fdopen(fd, "rb", closefd=False) as lines:
        for line in lines:
            answer = json.dumps(carry_out(json.loads(line))).encode() + b"\n"
            while answer:
                answer = answer[os.write(fd, answer) :]


def main(arguments: list[str]) -> None:
    """Serve one connection after the other; a port has one only, and systemd starts us again."""
    if arguments and os.path.exists(arguments[0]):
        serve(os.open(arguments[0], os.O_RDWR))
        return
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(SOCKET)
        listener.listen()
        while True:
            connection, _ = listener.accept()
            with connection:
                serve(connection.fileno())


if __name__ == "__main__":
    main(sys.argv[1:])
