"""What an error of a dial says of it: above all, whether somebody may have been called."""

from __future__ import annotations

import pykka
import pytest
from doubles.campaign import DEVICES

from relay_runtime import (
    CampaignItem,
    CampaignOutcome,
    ClientStopped,
    CommandTooLarge,
    ConnectionLost,
    DialFailed,
    NotConnected,
    RelayError,
    RelayTimeout,
    RequestTimeout,
    SessionLost,
)
from relay_runtime.campaign.outcome import judged

BUSY = DialFailed("nobody answered: busy", reason="busy", source="none")


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (BUSY, ("failed", "busy")),
        (RelayTimeout("nobody answered the dial within 30 s"), ("failed", "noAnswer")),
        (RelayError(403, "the number is not yours"), ("refused", "refused")),
        (RelayError(-1, "the server reported an error without details"), ("refused", "refused")),
        (ConnectionLost(), ("unknown", "")),
        (RequestTimeout("no reply came", sent=True), ("unknown", "")),
        (SessionLost(), ("unknown", "")),
        (ClientStopped(), ("unknown", "")),
        (KeyError("a bug"), ("unknown", "")),
        (CommandTooLarge("calling.dial is too large", size=2, limit=2), ("error", "")),
    ],
)
def test_a_dial_that_was_sent_has_an_outcome_or_an_unknown_one(error: Exception, verdict: tuple[str, str]) -> None:
    assert judged(error, sent=True) == verdict


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (ClientStopped(), "unsent"),
        (NotConnected(), "unsent"),
        (RequestTimeout("it was not sent", sent=False), "unsent"),
        (RelayTimeout("nobody answered"), "unsent"),
        (ConnectionLost(sent=False), "unsent"),
        (pykka.Timeout("1 seconds"), "unsent"),
        (pykka.ActorDeadError(), "unsent"),
        (DialFailed("a dial with the tag 'x' is under way already"), "error"),
        (ValueError("max_duration is 'x'"), "error"),
        (TypeError("call_actor is int"), "error"),
        (CommandTooLarge("calling.dial was not sent", size=2, limit=2), "error"),
    ],
)
def test_a_dial_that_was_not_sent_has_called_nobody(error: Exception, verdict: str) -> None:
    assert judged(error, sent=False) == (verdict, "")


def test_an_outcome_shows_nobodys_number() -> None:
    outcome = CampaignOutcome(
        item=CampaignItem(DEVICES, key="+15550100001"), result="failed", reason="busy", attempts=3, error=BUSY
    )
    assert repr(outcome) == "<CampaignOutcome failed (busy), attempts: 3>"
    assert outcome.key == "+15550100001"
