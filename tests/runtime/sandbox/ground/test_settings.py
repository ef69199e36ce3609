"""Settings: what can't be set is named."""

from __future__ import annotations

import pytest

from relay_runtime.sandbox import Sandbox


def test_a_setting_that_makes_no_sense_is_named() -> None:
    with pytest.raises(ValueError, match="time_scale must be a number above 0"):
        Sandbox(time_scale=0)
    with pytest.raises(ValueError, match="no setting is called 'tiem_scale'"):
        Sandbox(tiem_scale=1)
    with pytest.raises(ValueError, match="redelivery must be one of same_id, new_id, none"):
        Sandbox(redelivery="twice")
    with pytest.raises(ValueError, match="frame_limit must be a whole number"):
        Sandbox(frame_limit=0)
    with pytest.raises(ValueError, match="audio_lengths must map URLs"):
        Sandbox(audio_lengths={"https://example.com/a.mp3": "long"})
    with pytest.raises(ValueError, match="needs both cert= and key="):
        Sandbox(cert="a.pem")


@pytest.mark.parametrize("name", ["project", "token", "jwt_token", "space"])
@pytest.mark.parametrize("value", ["PT-9\n", "PT 9", "PT-9\u200b", ""])
def test_a_credential_with_what_nobody_sees_is_refused_and_not_shown(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be a text that is not empty, without spaces and line breaks$"):
        Sandbox(**{name: value})
