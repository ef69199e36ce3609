"""Verbs that send the sound of a call elsewhere, awaited.

Written by tools/aio_verbs.py; change the original and run it again.
"""

from __future__ import annotations

from typing import Any

from relay_actors.call.verbs import tap_stream as model
from relay_actors.wire.dicts import Tap, TapDevice
from relay_actors.wire.events import StreamEvent, TapEvent
from relay_runtime.aio.actions import StreamAction, TapAction
from relay_runtime.aio.verbs.base import OnCompleted, Verbs

__all__ = ["TapStreamVerbs"]


class TapStreamVerbs(Verbs):
    """Taps and streams."""

    __slots__ = ()

    async def tap(
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
            on_completed: called in the loop with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.

        Returns:
            The running tap; its ``source_device`` says where the sound comes from.

        Raises:
            ValueError: a value is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        return await self._begin(
            TapAction, model.TapStreamVerbs.tap, tap, device, control_id=control_id, on_completed=on_completed, **kwargs
        )

    async def stream(
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
            on_completed: called in the loop with the event that ended it.
            kwargs: further params, passed to the wire.

        Raises:
            ValueError: a value is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        return await self._begin(
            StreamAction,
            model.TapStreamVerbs.stream,
            url,
            name=name,
            codec=codec,
            track=track,
            status_url=status_url,
            status_url_method=status_url_method,
            authorization_bearer_token=authorization_bearer_token,
            custom_parameters=custom_parameters,
            control_id=control_id,
            on_completed=on_completed,
            **kwargs,
        )
