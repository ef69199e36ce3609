"""What happens to a call whose code has crashed: it is hung up, handed to somebody else, or told so first.

A policy is an immutable value that a class declares as ``when_crashed``. It is checked when it is made, by the rules
of the method that it will send.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from relay_actors.wire.checks import check_params
from relay_actors.wire.frames import encode_params

__all__ = ["HANGUP", "CrashPolicy", "Say", "Transfer", "checked_policy"]

HANGUP: Final = "hangup"
"""The policy that hangs up with the reason ``error``; the default."""


class Say(msgspec.Struct, frozen=True):
    """Say a sentence, then hang up with the reason ``error``.

    What plays is stopped first. A sentence that the server refuses, or that is not through in time, is no obstacle:
    the call is hung up all the same.

    Attributes:
        text: plain text or SSML.
        language: BCP 47 code, or None for the server's default.
        gender: ``female`` or ``male``, or None.
        voice: name of a voice, or None.
        timeout: seconds that the sentence may take, from 0 to 60.

    Raises:
        ValueError: a field is malformed.
    """

    text: str
    language: str | None = None
    gender: str | None = None
    voice: str | None = None
    timeout: float = 15.0

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or not self.text.strip():
            raise ValueError(f"Say: text is {self.text!r}; accepted is what is to be said")
        seconds = self.timeout
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 60:
            raise ValueError(f"Say: timeout is {seconds!r}; accepted is a number of seconds above 0, at most 60")
        check_params("calling.play", {"play": [self.media()]}, {"play": "media"})

    def media(self) -> dict[str, Any]:
        """Return the sentence as an item of `Call.play`."""
        spoken = {"text": self.text, "language": self.language, "gender": self.gender, "voice": self.voice}
        return {"type": "tts", "params": {name: value for name, value in spoken.items() if value is not None}}


class Transfer(msgspec.Struct, frozen=True):
    """Hand the call to another destination (``calling.transfer``); hang up if that fails.

    Attributes:
        dest: an https URL that returns SWML, ``context:NAME`` of another application, or SWML itself; SWML that is
            given as a dict is kept as its JSON text.

    Raises:
        ValueError: there is no destination.
    """

    dest: str | dict[str, Any]

    def __post_init__(self) -> None:
        dest = self.dest
        if not isinstance(dest, str | dict) or not dest or (isinstance(dest, str) and not dest.strip()):
            raise ValueError(f"Transfer: dest is {dest!r}; accepted is a URL, context:NAME, or SWML")
        if isinstance(dest, dict):  # nobody changes it later
            msgspec.structs.force_setattr(self, "dest", encode_params(dest).decode())


CrashPolicy = str | Say | Transfer


def checked_policy(policy: Any, owner: str) -> CrashPolicy:
    """Return a policy if it is one.

    Args:
        policy: what somebody gave.
        owner: where it was given, for the message.

    Raises:
        TypeError: it is none.
    """
    if policy == HANGUP or isinstance(policy, Say | Transfer):
        checked: CrashPolicy = policy
        return checked
    given = repr(policy) if isinstance(policy, str) else type(policy).__name__
    raise TypeError(
        f'{owner} is {given}; accepted is "hangup", Say("…") to say something and hang up, or Transfer("…") to hand '
        "the call on"
    )
