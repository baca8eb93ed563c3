"""Row 33: two masters, and none."""

import threading

from tests.acceptance.fleet import Master
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms

EDITS = 20


def test_row_33_what_two_masters_edit_at_once_is_all_kept(trial: Trial) -> None:
    ticks = trial.job(1)
    failed: list[str] = []

    def edit(master: Master, field: str) -> None:
        for number in range(EDITS):
            try:
                master.call("/job/save", job=f'{{"name": "{ticks.name}", "{field}": "{number}"}}')
            except AssertionError as error:
                failed.append(str(error))

    fields = ("description", "owner")
    editors = [
        threading.Thread(target=edit, args=(master, field))
        for master, field in zip(trial.fleet.masters, fields, strict=True)
    ]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join(60)
    assert failed == []
    (job,) = trial.master().call("/job/list")
    assert [job[field] for field in fields] == [str(EDITS - 1)] * 2
    ticks.wait_start(now_ms() + 1000)


def test_row_33_without_a_master_jobs_run_all_the_same(trial: Trial) -> None:
    ticks = trial.job(1)
    ticks.wait_start()
    for master in trial.fleet.masters:
        master.child.kill()
    ticks.wait_start(now_ms() + 5000)
    trial.fleet.heal()
