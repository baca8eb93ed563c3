"""The page and the master know the same calls."""

import re

from master.pages import DIRECTORY
from tests.integration.mastering import Caller


def test_every_call_that_the_scripts_make_is_answered_by_the_master(master: Caller) -> None:
    script = "".join(path.read_text() for path in DIRECTORY.glob("*.js"))
    calls = set(re.findall(r'\b(get|send|post)\("(/[a-z0-9/]+)"', script))
    assert len(calls) >= 8
    for way, path in calls:
        answer = master.get(path) if way == "get" else master.post_json(path, {})
        assert answer.status != 404, path
        assert answer.status != 405, path
