"""Verbs that take, refuse, end, bridge and hand on a call (protocol sheet, section 7.2)."""

from __future__ import annotations

from typing import Any

from relay_actors.call_core import CallCore
from relay_actors.errors import CallEnded
from relay_actors.verbs.given import given
from relay_actors.wire.checks import check_devices, check_params

__all__ = ["SetupVerbs"]


class SetupVerbs(CallCore):
    """Answer, hang up, pass on, connect, disconnect. Each blocks the current greenlet until the server's reply."""

    def answer(self, **kwargs: Any) -> dict[str, Any]:
        """Answer an inbound call (``calling.answer``) and return the reply.

        The reply does not mean that the call is answered: `wait_for_answered` does, and the verbs of media may be
        used at once.

        Args:
            kwargs: further params: ``codecs`` (list of PCMU, PCMA, OPUS, G729, G722, AMR-WB, VP8, H264),
                ``max_duration`` (seconds; limit on the call's length).

        Raises:
            CallEnded: the caller has hung up (`CallGone`: the server does not know the call).
            RelayError: the server refused.
        """
        return self.invoke("calling.answer", check_params("calling.answer", given(**kwargs)))

    def hangup(self, reason: str = "hangup") -> dict[str, Any]:
        """End the call (``calling.end``) and return the reply; an empty dict for a call that is over already.

        Args:
            reason: ``hangup``, ``cancel``, ``busy``, ``noAnswer``, ``decline`` or ``error``; becomes the
                ``end_reason``. ``decline`` and ``busy`` refuse an offer.

        Raises:
            ValueError: for any other reason.
            RelayError: the server refused.
        """
        params = check_params("calling.end", {"reason": reason})
        try:
            return self.invoke("calling.end", params)
        except CallEnded:
            return {}

    def pass_(self) -> dict[str, Any]:
        """Give an unanswered offer back, so that routing tries another application (``calling.pass``).

        The call is over for this client then: its waits end with `CallEnded`, ``end_reason`` is ``passed``.
        """
        reply = self.invoke("calling.pass", {})
        self.hand_off("passed")
        return reply

    def connect(
        self,
        devices: list[list[dict[str, Any]]],
        *,
        ringback: list[dict[str, Any]] | None = None,
        tag: str | None = None,
        max_duration: int | None = None,
        max_price_per_minute: float | None = None,
        status_url: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Bridge the call to new devices (``calling.connect``) and return the reply.

        The reply does not mean that anybody answered: wait for ``calling.call.connect`` with `wait_for` (its
        ``connect_state`` is ``connected`` or ``failed``), or define the hook ``on_connect``.

        Args:
            devices: the outer list's groups are tried one after another, the devices of an inner list ring together.
            ringback: media played to the caller meanwhile.
            tag: label that the events of the new legs carry.
            max_duration: limit on the length of the new legs, in seconds.
            max_price_per_minute: devices that cost more (USD) are not called.
            status_url: webhook that gets the events too.
            kwargs: further params, passed to the wire: ``timeout`` (seconds), ``send_digits``, …

        Raises:
            ValueError: a device is malformed; the message says which and what is accepted.
        """
        params = given(
            devices=check_devices(devices),
            ringback=ringback,
            tag=tag,
            max_duration=max_duration,
            max_price_per_minute=max_price_per_minute,
            status_url=status_url,
            **kwargs,
        )
        reply = self.invoke("calling.connect", check_params("calling.connect", params))
        self.note_bridge()
        return reply

    def disconnect(self) -> dict[str, Any]:
        """Undo a bridge without hanging this call up (``calling.disconnect``), and return the reply."""
        return self.invoke("calling.disconnect", {})
