"""What processes say of themselves, whatever they are doing at the moment of the look."""

import os
import subprocess
from pathlib import Path

from worker.process_stat import run_id_of

LOOKS = 2000


def test_a_process_that_becomes_another_program_again_and_again_keeps_its_run(
    tmp_path: Path,
) -> None:
    script = tmp_path / "restless"
    script.write_text('exec sh "$0"\n')
    environment = {"FLEETCRON_RUN_ID": "a@1", "PATH": os.environ["PATH"]}
    with subprocess.Popen(["sh", str(script)], env=environment) as restless:
        found = {run_id_of(restless.pid) for _ in range(LOOKS)}
        restless.kill()
    assert found == {"a@1"}


def test_what_has_no_environment_carries_no_run() -> None:
    command = ["env", "-i", "sh", "-c", "echo; cat"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as bare:  # type: ignore[call-overload]
        bare.stdout.readline()
        assert run_id_of(bare.pid) == ""
        bare.stdin.close()
    assert run_id_of(bare.pid) == ""
    assert run_id_of(2) == "", "a thread of the kernel, in most places"
