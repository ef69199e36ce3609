"""Verbs that send the sound of a call elsewhere (protocol 7.3)."""

from __future__ import annotations

from typing import Any, Final

from relay_actors.call.actions import OnCompleted, StreamAction, TapAction
from relay_actors.call.commands import begin
from relay_actors.call.verbs.base import Verbs
from relay_actors.call.verbs.given import given
from relay_actors.kit.ids import new_id
from relay_actors.wire.dicts import Tap, TapDevice
from relay_actors.wire.events import StreamEvent, TapEvent

__all__ = ["TapStreamVerbs"]

_TRACKS: Final = {"inbound": "inbound_track", "outbound": "outbound_track", "both": "both_tracks"}
"""From the short spelling of a track to the one that the server documents (protocol 16.24)."""


class TapStreamVerbs(Verbs):
    """Taps and streams. Each blocks the current greenlet until the server's reply, not until the end."""

    __slots__ = ()

    def tap(
        self,
        tap: Tap | dict[str, Any],
        device: TapDevice | dict[str, Any],
        *,
        control_id: str | None = None,
        on_completed: OnCompleted[TapEvent] | None = None,
        **kwargs: Any,
    ) -> TapAction:
        """Copy the sound of the call to an RTP or WebSocket receiver (``calling.tap``) and return the running tap.

        Args:
            tap: ``{"type": "audio", "params": {"direction": "listen" | "speak" | "both"}}``.
            device: ``{"type": "rtp", "params": {"addr": …, "port": …}}`` with a public IPv4 address, or
                ``{"type": "ws", "params": {"uri": "wss://…"}}``; both take ``codec`` (OPUS, PCMA or PCMU; default
                that of the source), rtp also ``ptime`` (milliseconds).
            control_id: id of the operation; default a new UUID.
            on_completed: called in the call's greenlet with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.

        Returns:
            The running tap; its ``source_device`` says where the sound comes from.

        Raises:
            ValueError: a value is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        params = given(tap=tap, device=device, **kwargs)
        return begin(self._relay, TapAction(self._relay, control_id or new_id(), on_completed), params)

    def stream(
        self,
        url: str,
        *,
        name: str | None = None,
        codec: str | None = None,
        track: str | None = None,
        status_url: str | None = None,
        status_url_method: str | None = None,
        authorization_bearer_token: str | None = None,
        custom_parameters: dict[str, Any] | None = None,
        control_id: str | None = None,
        on_completed: OnCompleted[StreamEvent] | None = None,
        **kwargs: Any,
    ) -> StreamAction:
        """Stream the sound of the call to a WebSocket (``calling.stream``) and return the running stream.

        Args:
            url: a ``wss://`` URL.
            name: name of the stream.
            codec: such as ``PCMU``; default the call's own.
            track: ``inbound_track`` (default), ``outbound_track`` or ``both_tracks``; ``inbound``, ``outbound`` and
                ``both`` mean the same and are sent in the long form.
            status_url: webhook that gets the events too.
            status_url_method: how it is called: ``POST`` (default) or ``GET``.
            authorization_bearer_token: sent in the WebSocket's handshake; a secret.
            custom_parameters: passed to the receiver.
            control_id: id of the operation; default a new UUID.
            on_completed: called in the call's greenlet with the event that ended it.
            kwargs: further params, passed to the wire.

        Raises:
            ValueError: a value is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        params = given(
            url=url,
            name=name,
            codec=codec,
            track=_TRACKS.get(track, track) if isinstance(track, str) else track,
            status_url=status_url,
            status_url_method=status_url_method,
            authorization_bearer_token=authorization_bearer_token,
            custom_parameters=custom_parameters,
            **kwargs,
        )
        return begin(self._relay, StreamAction(self._relay, control_id or new_id(), on_completed), params)
