"""An item keeps what it was given, and shows nobody's number."""

from __future__ import annotations

import pytest
from doubles.campaign import DEVICES

from relay_runtime import CallActor, CampaignItem


def test_an_item_keeps_what_it_was_given() -> None:
    item = CampaignItem(DEVICES, key=5, call_actor=CallActor, max_duration=60, dial_timeout=30.0)
    assert (item.devices, item.key, item.call_actor) == (DEVICES, 5, CallActor)
    assert item.arguments == {"max_duration": 60, "dial_timeout": 30.0}


def test_an_item_shows_nobodys_number() -> None:
    assert "5550100001" not in repr(CampaignItem(DEVICES, key="+15550100001"))


def test_a_malformed_device_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="E.164") as error:
        CampaignItem([[{"type": "phone", "params": {"to_number": "5550100077"}}]])
    assert "5550100077" not in str(error.value)
