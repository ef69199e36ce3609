"""Builders of devices and media: the dicts that people write by hand, checked where they are written.

Each raises `ValueError` at once for what the server would refuse, so that the traceback points at the mistake. None
of them blocks.
"""

from __future__ import annotations

from typing import Any

from relay_actors.wire.checks import check_devices, check_media
from relay_actors.wire.dicts import (
    AudioMedium,
    DialDevice,
    PhoneDevice,
    RingtoneMedium,
    SilenceMedium,
    SIPDevice,
    TTSMedium,
)

__all__ = ["audio", "parallel", "phone", "ringtone", "serial", "silence", "sip", "tts"]


def _device(kind: str, **params: Any) -> Any:
    device = {"type": kind, "params": {name: value for name, value in params.items() if value is not None}}
    return _refuse_by(check_devices, [[device]], "devices[0][0].params.", kind)[0][0]


def _medium(kind: str, **params: Any) -> Any:
    medium = {"type": kind, "params": {name: value for name, value in params.items() if value is not None}}
    return _refuse_by(check_media, [medium], "media[0].params.", kind)[0]


def _refuse_by(check: Any, value: Any, prefix: str, kind: str) -> Any:
    """Return what a check does; a refusal names the builder's argument, not a place in a list that nobody wrote."""
    try:
        return check(value)
    except ValueError as error:
        raise ValueError(f"{kind}: {str(error).removeprefix(prefix)}") from None


def phone(to_number: str, *, from_number: str | None = None, timeout: int | None = None, **params: Any) -> PhoneDevice:
    """Return a phone to call.

    Args:
        to_number: who is called, in E.164 form: ``+`` and 2 to 15 digits.
        from_number: who calls, in E.164 form; default a caller id that the server picks.
        timeout: seconds to ring; default 30.
        params: further params: ``call_state_url``, ``call_state_events``, ``confirm``, ``confirm_timeout``, …

    Raises:
        ValueError: a number is not E.164, or a value is out of what the server accepts.
    """
    device: PhoneDevice = _device("phone", to_number=to_number, from_number=from_number, timeout=timeout, **params)
    return device


def sip(to: str, *, from_: str | None = None, timeout: int | None = None, **params: Any) -> SIPDevice:
    """Return a SIP address to call.

    Args:
        to: who is called, a SIP address.
        from_: who calls, a SIP address (``from`` on the wire).
        timeout: seconds to ring; default 30.
        params: further params: ``from_name``, ``headers`` (list of ``{"name": …, "value": …}``), ``codecs``,
            ``webrtc_media``, ``encryption`` (``forbidden``, ``mandatory`` or ``optional``), ``username``,
            ``password``, ``session_timeout`` (seconds), …

    Raises:
        ValueError: a value is out of what the server accepts.
    """
    device: SIPDevice = _device("sip", **{"to": to, "from": from_, "timeout": timeout, **params})
    return device


def tts(text: str, *, language: str | None = None, gender: str | None = None, voice: str | None = None) -> TTSMedium:
    """Return a text to speak.

    Args:
        text: plain text or SSML.
        language: BCP 47 code; default ``en-US``.
        gender: ``female`` (default) or ``male``.
        voice: name of a voice; goes before language and gender.

    Raises:
        ValueError: the text is empty, or a value is out of what the server accepts.
    """
    medium: TTSMedium = _medium("tts", text=text, language=language, gender=gender, voice=voice)
    return medium


def audio(url: str) -> AudioMedium:
    """Return a sound file to play.

    Args:
        url: where the file is.

    Raises:
        ValueError: there is no url.
    """
    medium: AudioMedium = _medium("audio", url=url)
    return medium


def silence(duration: float) -> SilenceMedium:
    """Return silence to play.

    Args:
        duration: in seconds, above 0.

    Raises:
        ValueError: the duration is no number above 0.
    """
    medium: SilenceMedium = _medium("silence", duration=duration)
    return medium


def ringtone(name: str, *, duration: float | None = None) -> RingtoneMedium:
    """Return a ringtone to play.

    Args:
        name: two-letter country, such as ``us`` or ``uk``, or ``bong``.
        duration: in seconds, above 0.

    Raises:
        ValueError: there is no name, or the duration is no number above 0.
    """
    medium: RingtoneMedium = _medium("ringtone", name=name, duration=duration)
    return medium


def parallel(*devices: DialDevice | dict[str, Any]) -> list[list[DialDevice]]:
    """Return devices that ring together; the first to answer wins.

    The result is what `RelayClient.dial` and `Call.connect` take, and it may be one of the steps of `serial`.

    Raises:
        ValueError: there is no device, or one is malformed.
    """
    if not devices:
        raise ValueError('parallel needs at least one device, such as parallel(phone("+15550100001"))')
    for device in devices:
        if not isinstance(device, dict):
            raise ValueError(f"parallel takes devices, not {type(device).__name__}")  # noqa: TRY004
    return check_devices([list(devices)])


def serial(*steps: DialDevice | dict[str, Any] | list[list[DialDevice]]) -> list[list[DialDevice]]:
    """Return devices that are tried one after another, until one answers.

    The result is what `RelayClient.dial` and `Call.connect` take.

    Args:
        steps: devices, or groups of them made by `parallel`.

    Raises:
        ValueError: there is no device, or one is malformed.
    """
    if not steps:
        raise ValueError('serial needs at least one device, such as serial(phone("+15550100001"))')
    groups: list[Any] = []
    for step in steps:
        if isinstance(step, dict):
            groups.append([step])
        elif isinstance(step, list):
            groups.extend(step)
        else:
            raise ValueError(f"serial takes devices and what parallel returns, not {type(step).__name__}")  # noqa: TRY004
    return check_devices(groups)
