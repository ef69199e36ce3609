"""What can be set on a sandbox, with every default in one place."""

import math
from dataclasses import dataclass, field, fields
from typing import Literal, get_args, get_origin

RefusalShape = Literal["error", "result"]
Redelivery = Literal["same_id", "new_id", "none"]
EventShape = Literal["draft", "sdk"]


@dataclass(slots=True, kw_only=True)
class Settings:
    """The options of a sandbox; they can be changed while it runs.

    Attributes:
        time_scale: Real seconds per line second; 1.0 is real life, 0.01 a hundred times faster.
        project: The project id that is accepted and that events carry.
        token: The API token that is accepted with ``project``.
        jwt_token: The JWT that is accepted alone.
        space: The ``space_id`` that events carry.
        resume_window: Real seconds for which a session outlives its socket.
        ping_interval: Real seconds between server pings; ``None`` sends none.
        ping_timeout: Real seconds in which a server ping must be answered, or the socket is dropped.
        events_first: Send the events of a request before its reply.
        refusal_shape: How a login is refused: a JSON-RPC ``error``, or a ``result`` with code 401.
        redelivery: What a resumed session gets again of the events it never acknowledged.
        event_shape: ``draft`` as the vendor's schema has it; ``sdk`` adds the ``state`` that SDKs look for.
        late_recordings: A recording that is open when the call ends finishes after ``ended``.
        start_input_timers: The default of ``calling.collect``'s parameter of that name.
        conference_events: Whether conference events go to the client.
        patience: Real seconds for which an offered caller waits to be answered.
        ring_seconds: Line seconds for which a number without a script rings before it answers.
        characters_per_second: Speed of speech, in characters per line second.
        audio_seconds: Line seconds that an audio file without an entry in ``audio_lengths`` plays.
        audio_lengths: Line seconds by URL.
        message_step: Line seconds between two states of a message.
        frame_limit: The largest message accepted, in bytes.
        journal_frames: Frames kept per session.
        journal_bytes: Bytes kept per session.
    """

    time_scale: float = 1.0
    project: str = "sandbox-project"
    token: str = field(default="sandbox-token", repr=False)
    jwt_token: str = field(default="sandbox-jwt", repr=False)
    space: str = "sandbox-space"
    resume_window: float = 10.0
    ping_interval: float | None = 10.0
    ping_timeout: float = 5.0
    events_first: bool = False
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

    def __post_init__(self) -> None:
        """Refuse what makes no sense, by name.

        Raises:
            ValueError: A value is out of range; the text says what is accepted.
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
        elif kind is float and not (value is None and name == "ping_interval"):
            if not isinstance(value, int | float) or isinstance(value, bool) or not _in_range(name, value):
                raise ValueError(f"{name} must be a number {_range_of(name)}, not {value!r}")
        elif kind is int:
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} must be a whole number of 1 or more, not {value!r}")
        elif kind is dict:
            _check_lengths(name, value)
        elif kind is str and (not isinstance(value, str) or not value):
            raise ValueError(f"{name} must be a text that is not empty")

    def change(self, **values: object) -> None:
        """Set several settings at once, all or none.

        Raises:
            ValueError: One of them is unknown or out of range.
        """
        for name, value in values.items():
            if name == "time_scale":
                raise ValueError("time_scale is fixed when the sandbox starts, since timers are already running")
            self.check(name, value)
        for name, value in values.items():
            setattr(self, name, value)


_POSITIVE = frozenset({"time_scale", "ping_interval", "ping_timeout", "characters_per_second"})
_KINDS: dict[str, object] = {
    "time_scale": float,
    "project": str,
    "token": str,
    "jwt_token": str,
    "space": str,
    "resume_window": float,
    "ping_interval": float,
    "ping_timeout": float,
    "events_first": bool,
    "refusal_shape": RefusalShape,
    "redelivery": Redelivery,
    "event_shape": EventShape,
    "late_recordings": bool,
    "start_input_timers": bool,
    "conference_events": bool,
    "patience": float,
    "ring_seconds": float,
    "characters_per_second": float,
    "audio_seconds": float,
    "audio_lengths": dict,
    "message_step": float,
    "frame_limit": int,
    "journal_frames": int,
    "journal_bytes": int,
}


def _check_lengths(name: str, value: object) -> None:
    if not isinstance(value, dict) or not all(
        isinstance(url, str) and isinstance(seconds, int | float) and seconds > 0 for url, seconds in value.items()
    ):
        raise ValueError(f"{name} must map URLs to seconds above 0, not {value!r}")


def _in_range(name: str, value: float) -> bool:
    return math.isfinite(value) and (value > 0 if name in _POSITIVE else value >= 0)


def _range_of(name: str) -> str:
    return "above 0" if name in _POSITIVE else "of 0 or more"
