"""A run's secrets are files of its own, and gone with it."""

import os
from pathlib import Path

from tests.integration.executing import Desk
from tests.integration.secrets.giving import VALUE, copies


def test_a_run_finds_its_secrets_as_files_that_only_its_user_can_read(office: Desk) -> None:
    ended = office.run(
        'cd "$FLEETCRON_SECRETS" && stat -c "%n %a %U %s" . * && wc -c < token && id -un',
        secrets=("token", "key"),
    )
    *told, size, user = ended.output.decode().split("\n")[:-1]
    assert [line.split()[:3] for line in told] == [
        [".", "500", user],
        ["key", "400", user],
        ["token", "400", user],
    ]
    assert int(size) == len(VALUE) + 1


def test_another_user_gets_its_own_copies(office: Desk) -> None:
    if os.getuid() == 0:
        ended = office.run(
            'cd "$FLEETCRON_SECRETS" && cat token && stat -c "%a %U" . token && id -un',
            secrets=("token",),
            user="daemon",
        )
        assert ended.output == b"***\n500 daemon\n400 daemon\ndaemon\n"


def test_the_files_are_gone_when_the_end_is_told(office: Desk, rooms: Path) -> None:
    given = office.submit("sleep 30", secrets=("token",))
    office.sleeping(given)
    (held,) = copies(rooms)
    assert (held / "token").read_text() == VALUE + "\n"
    office.link.kill(given.run_id, "enough")
    office.ended(given)
    assert copies(rooms) == []
    office.run("true; exit 1", secrets=("token",))
    office.run("rm -rf $FLEETCRON_SECRETS/*; mkdir -p $FLEETCRON_SECRETS/a/b", secrets=("token",))
    assert copies(rooms) == []


def test_a_run_that_digs_deep_beside_its_secrets_hurts_nobody(office: Desk, rooms: Path) -> None:
    words = ("d/" * 1000).rstrip("/")
    dig = f"mkdir -p {words} && cd {words} && mkdir -p {words}"
    ended = office.run(f'cd "$FLEETCRON_SECRETS" && chmod 700 . && {dig}', secrets=("token",))
    assert ended.outcome == "success"
    assert copies(rooms) == []
    assert office.run("true", secrets=("token",)).outcome == "success"


def test_the_environment_and_the_words_of_a_run_do_not_hold_the_value(office: Desk) -> None:
    given = office.submit("sleep 30", secrets=("token",))
    pid = office.started(given).pid
    office.sleeping(given)
    for process in (pid, office.link.pid):
        for file in ("environ", "cmdline"):
            assert VALUE.encode() not in Path(f"/proc/{process}/{file}").read_bytes()
    office.link.kill(given.run_id, "enough")
    office.ended(given)
