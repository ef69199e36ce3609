"""What can be set on a sandbox, with every default in one place."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Final, Literal, get_args, get_origin, get_type_hints

__all__ = ["Settings"]

RefusalShape = Literal["error", "result"]
Redelivery = Literal["same_id", "new_id", "none"]
EventShape = Literal["draft", "sdk"]


@dataclass(slots=True, kw_only=True)
class Settings:
    """The options of a sandbox; they can be changed while it runs.

    Attributes:
        time_scale: real seconds per line second; 1.0 is real life, 0.01 a hundred times faster.
        project: the project id that is accepted and that events carry.
        token: the API token that is accepted with ``project``.
        jwt_token: the JWT that is accepted alone.
        any_credentials: accept any project, token and JWT, and let events carry the project that was given.
        space: the ``space_id`` that events carry.
        resume_window: real seconds for which a session outlives its socket.
        ping_interval: real seconds between server pings; ``None`` sends none.
        ping_timeout: real seconds in which a server ping must be answered, or the socket is dropped.
        events_first: send the events of a request before its reply.
        answered_first: send the state ``answered`` before the reply to ``calling.answer``.
        dial_answered_first: send ``answered`` of a dial before that state of the leg, and before the others' ends.
        refusal_shape: how a login is refused: a JSON-RPC ``error``, or a ``result`` with code 401.
        redelivery: what a resumed session gets again of the events it never acknowledged.
        event_shape: ``draft`` as the vendor's schema has it; ``sdk`` adds the ``state`` that SDKs look for.
        late_recordings: a recording that is open when the call ends finishes after ``ended``.
        start_input_timers: the default of ``calling.collect``'s parameter of that name.
        conference_events: whether conference events go to the client.
        patience: real seconds for which an offered caller waits to be answered.
        ring_seconds: line seconds for which a number without a script rings before it answers.
        characters_per_second: speed of speech, in characters per line second.
        audio_seconds: line seconds that an audio file without an entry in ``audio_lengths`` plays.
        audio_lengths: line seconds by URL.
        message_step: line seconds between two states of a message.
        frame_limit: the largest message accepted, in bytes.
        journal_frames: frames kept per session.
        journal_bytes: bytes kept per session.
        journal_numbers: show the numbers of people, and the digits that they press, in journals.
    """

    time_scale: float = 1.0
    project: str = "sandbox-project"
    token: str = field(default="sandbox-token", repr=False)
    jwt_token: str = field(default="sandbox-jwt", repr=False)
    any_credentials: bool = False
    space: str = "sandbox-space"
    resume_window: float = 10.0
    ping_interval: float | None = 10.0
    ping_timeout: float = 5.0
    events_first: bool = False
    answered_first: bool = False
    dial_answered_first: bool = False
    refusal_shape: RefusalShape = "error"
    redelivery: Redelivery = "same_id"
    event_shape: EventShape = "draft"
    late_recordings: bool = False
    start_input_timers: bool = False
    conference_events: bool = True
    patience: float = 60.0
    ring_seconds: float = 2.0
    characters_per_second: float = 15.0
    audio_seconds: float = 5.0
    audio_lengths: dict[str, float] = field(default_factory=dict)
    message_step: float = 0.5
    frame_limit: int = 10 * 1024 * 1024
    journal_frames: int = 2000
    journal_bytes: int = 4 * 1024 * 1024
    journal_numbers: bool = False

    def __post_init__(self) -> None:
        """Refuse what makes no sense, by name.

        Raises:
            ValueError: a value is out of range; the text says what is accepted.
        """
        for each in fields(self):
            self.check(each.name, getattr(self, each.name))

    @classmethod
    def check(cls, name: str, value: object) -> None:
        """Raise ValueError, saying what is accepted, when ``value`` can't stand for the setting ``name``."""
        if name not in _KINDS:
            raise ValueError(f"no setting is called {name!r}; the settings are {', '.join(sorted(_KINDS))}")
        kind = _KINDS[name]
        if get_origin(kind) is Literal:
            if value not in get_args(kind):
                raise ValueError(f"{name} must be one of {', '.join(get_args(kind))}, not {value!r}")
        elif kind is bool:
            if not isinstance(value, bool):
                raise ValueError(f"{name} must be true or false, not {value!r}")
        elif kind is float or (name == "ping_interval" and value is not None):
            if not isinstance(value, int | float) or isinstance(value, bool) or not _in_range(name, value):
                raise ValueError(f"{name} must be a number {_range_of(name)}, not {value!r}")
        elif kind is int:
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} must be a whole number of 1 or more, not {value!r}")
        elif get_origin(kind) is dict:
            _check_lengths(name, value)
        elif kind is str and (not isinstance(value, str) or not value or any(map(_is_unseen, value))):
            raise ValueError(f"{name} must be a text that is not empty, without spaces and line breaks")

    def come_first(self, method: str) -> bool:
        """Tell whether the events of a request go out before its reply."""
        return self.events_first or (self.answered_first and method == "calling.answer")

    def change(self, **values: object) -> None:
        """Set several settings at once, all or none.

        Raises:
            ValueError: one of them is unknown or out of range.
        """
        for name, value in values.items():
            if name in _FIXED:
                raise ValueError(f"{name} is fixed when the sandbox starts, since {_FIXED[name]}")
            self.check(name, value)
        for name, value in values.items():
            setattr(self, name, value)


_POSITIVE: Final = frozenset({"time_scale", "ping_interval", "ping_timeout", "characters_per_second"})
_FIXED: Final = {"time_scale": "timers are already running", "frame_limit": "the port is already open"}
_KINDS: Final[dict[str, object]] = get_type_hints(Settings)


def _is_unseen(character: str) -> bool:
    """Return whether nobody sees a character, which a credential then has by mistake."""
    return character.isspace() or not character.isprintable()


def _check_lengths(name: str, value: object) -> None:
    if not isinstance(value, dict) or not all(
        isinstance(url, str) and isinstance(seconds, int | float) and seconds > 0 for url, seconds in value.items()
    ):
        raise ValueError(f"{name} must map URLs to seconds above 0, not {value!r}")


def _in_range(name: str, value: float) -> bool:
    return math.isfinite(value) and (value > 0 if name in _POSITIVE else value >= 0)


def _range_of(name: str) -> str:
    return "above 0" if name in _POSITIVE else "of 0 or more"
