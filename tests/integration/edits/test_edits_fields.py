"""What a save makes of a job's fields, and which jobs and names it can meet in a store."""

from __future__ import annotations

import json

import pytest

from common import keys
from common.errors import InvalidField
from common.schedule import expand_hash
from common.store import Store, put
from common.watermark import pack_watermark
from master.edits import Edits
from master.kills import kill
from tests.integration.mastering import (
    NOON,
    TurnedClock,
    a_job,
    contents,
    stored,
    watermark,
)


def test_h_is_expanded_at_save_and_kept_beside_it(store: Store, edits: Edits) -> None:
    edits.save(a_job(cronExpr="H H * * *"))
    assert stored(store)["cronExpr"] == expand_hash("H H * * *", "a")
    assert stored(store)["cronExprSource"] == "H H * * *"


@pytest.mark.parametrize("again", ["H H * * *", "expanded"])
def test_the_source_stays_while_the_expression_does(
    store: Store, edits: Edits, clock: TurnedClock, again: str
) -> None:
    edits.save(a_job(cronExpr="H H * * *"))
    expression = stored(store)["cronExpr"] if again == "expanded" else again
    clock.ms += 1000
    edits.save(a_job(cronExpr=expression, command="false"))
    assert stored(store)["cronExprSource"] == "H H * * *"
    assert watermark(store, "a") == NOON


def test_the_source_goes_with_the_expression_that_it_stood_for(store: Store, edits: Edits) -> None:
    edits.save(a_job(cronExpr="H H * * *"))
    edits.save(a_job(cronExpr="5 5 * * *"))
    assert "cronExprSource" not in stored(store)


def test_a_job_that_is_sent_back_as_it_was_shown_stays_as_it_is(store: Store, edits: Edits) -> None:
    edits.save(a_job(cronExpr="H H * * *", owner="eve", timeoutSeconds=1.5))
    shown = stored(store)
    assert edits.save(shown).before == shown
    assert stored(store) == shown


def test_a_source_that_stands_for_something_else_is_refused(store: Store, edits: Edits) -> None:
    edits.save(a_job(cronExpr="H H * * *"))
    shown = stored(store)
    before = contents(store)
    with pytest.raises(InvalidField, match="cronExprSource: stands for"):
        edits.save(shown | {"cronExpr": "1 1 * * *"})
    assert contents(store) == before


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"not json",
        b"[]",
        b'{"name":"b","command":"c","cronExpr":"@daily"}',
        b'{"name":"a","command":5,"cronExpr":"@daily"}',
        b'{"name":"a","command":"c","cronExpr":"@daily","overlap":"always"}',
    ],
)
def test_a_malformed_job_can_be_saved_over_and_deleted(
    store: Store, edits: Edits, value: bytes
) -> None:
    put(store, keys.job("a"), value)
    assert edits.save(a_job()).before == {"name": "a", "command": "", "cronExpr": ""}
    assert stored(store) == a_job(timezone="UTC")
    put(store, keys.job("a"), value)
    assert edits.delete("a") == {"name": "a", "command": "", "cronExpr": ""}
    assert store.get(keys.job("a")) is None


def test_a_job_with_a_schedule_that_nobody_can_read_can_be_mended(
    store: Store, edits: Edits
) -> None:
    put(store, keys.job("a"), json.dumps(a_job(cronExpr="61 * * * *", color="red")).encode())
    put(store, keys.fired("a"), pack_watermark(NOON - 5000))
    edits.save(a_job())
    assert stored(store) == a_job(timezone="UTC", color="red")
    assert watermark(store, "a") == NOON


@pytest.mark.parametrize("name", ["中文", "a/b", "a b", "..", "x" * 200, "</script>"])
def test_a_job_that_the_go_master_named_freely_can_be_edited(
    store: Store, edits: Edits, name: str
) -> None:
    put(store, keys.job(name), json.dumps(a_job(name=name)).encode())
    edits.save({"name": name, "command": "false"})
    assert stored(store, name)["command"] == "false"
    kill(store, name)
    killer = store.get(keys.killer(name))
    assert killer is not None
    assert killer.value == b""
    assert edits.delete(name) == a_job(name=name, command="false", timezone="UTC")


@pytest.mark.parametrize("name", ["中文", "a/b", "a b", "..", "x" * 129, "", "a\0b"])
def test_such_a_name_is_refused_where_there_is_nothing(
    store: Store, edits: Edits, name: str
) -> None:
    before = contents(store)
    with pytest.raises(InvalidField, match=r"^name: "):
        edits.save(a_job(name=name))
    with pytest.raises(InvalidField, match=r"^name: "):
        edits.delete(name)
    with pytest.raises(InvalidField, match=r"^name: "):
        kill(store, name)
    assert contents(store) == before
