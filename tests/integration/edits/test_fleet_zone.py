"""The fleet's time zone, in both stores."""

from __future__ import annotations

import logging

import pytest

from common import keys
from common.errors import InvalidField
from common.fleet import fleet_zone
from common.store import Store, put
from tests.integration.mastering import (
    contents,
)


def test_the_fleets_zone_is_written_once(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    assert fleet_zone(store, "Europe/Berlin") == "Europe/Berlin"
    assert store.get(keys.FLEET_KEY).value == b'{"timezone": "Europe/Berlin"}'  # type: ignore[union-attr]
    with caplog.at_level(logging.WARNING):
        assert fleet_zone(store, "Asia/Tokyo") == "Europe/Berlin"
    assert "the fleet's time zone is Europe/Berlin; Asia/Tokyo is not used" in caplog.text


@pytest.mark.parametrize("value", [b"", b"UTC", b'{"timezone": 5}', b"{}"])
def test_a_malformed_fleet_key_is_written_anew(store: Store, value: bytes) -> None:
    put(store, keys.FLEET_KEY, value)
    assert fleet_zone(store, "Asia/Tokyo") == "Asia/Tokyo"
    assert fleet_zone(store, "UTC") == "Asia/Tokyo"


def test_a_zone_that_nobody_knows_is_not_made_the_fleets(store: Store) -> None:
    before = contents(store)
    with pytest.raises(InvalidField, match="timezone: "):
        fleet_zone(store, "Mars/Base")
    assert contents(store) == before
