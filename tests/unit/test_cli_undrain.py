"""What `fleetcron worker undrain` says, by what the master answers."""

import pytest
from click.testing import CliRunner

from cli.client import Master
from cli.worker_drain import undrain

LATE = "; it was told, and has not yet said that it heard"


@pytest.mark.parametrize(
    ("was_drained", "heard", "registered", "said"),
    [
        (True, True, True, "takes runs again"),
        (True, False, True, f"takes runs again{LATE}"),
        (True, True, False, "is not registered; it takes runs again when it is back"),
        (False, True, True, "was not drained"),
    ],
)
def test_what_is_true_of_the_worker_is_said(
    monkeypatch: pytest.MonkeyPatch, was_drained: bool, heard: bool, registered: bool, said: str
) -> None:
    answer = {"wasDrained": was_drained, "heard": heard, "registered": registered}
    monkeypatch.setattr(Master, "post_json", lambda *_: answer)
    assert CliRunner().invoke(undrain, ["10.0.0.1"]).stdout == f"10.0.0.1 {said}\n"
