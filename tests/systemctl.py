"""A systemd that is not there: a `systemctl` that says what a test wants it to."""

from collections.abc import Mapping
from pathlib import Path

UNIT = "fleetcron-worker@w0.service"


def fake_systemctl(folder: Path, path: str) -> dict[str, str]:
    """The environment of a daemon that systemd started as `UNIT`; what `say` told is answered."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$@" >>{folder}/asked\nexec cat {folder}/jobs\n')
    program.chmod(0o755)
    say(folder, "")
    return {
        "PATH": f"{folder}:{path}",
        "INVOCATION_ID": "0123456789abcdef0123456789abcdef",
        "FLEETCRON_UNIT": UNIT,
    }


def say(folder: Path, job: str, others: Mapping[str, str] = {}) -> None:
    """From now on systemd has this job (`restart`, `stop`, "" for none) for the unit."""
    jobs = {**others, **({UNIT: job} if job else {})}
    lines = (f"{900 + n} {unit} {kind} running\n" for n, (unit, kind) in enumerate(jobs.items()))
    (folder / "jobs").write_text("".join(lines))
