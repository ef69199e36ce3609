"""Verbs that take, refuse, end, bridge and hand on a call (protocol 7.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from relay_actors.call.commands import hand_off, hang_up, invoke
from relay_actors.call.verbs.base import Verbs
from relay_actors.call.verbs.given import given
from relay_actors.wire.dicts import ConnectDevice, Medium, ReferDevice

__all__ = ["SetupVerbs"]


class SetupVerbs(Verbs):
    """Answer, hang up, pass on, connect, disconnect, refer, transfer.

    Each blocks the current greenlet until the server's reply.
    """

    __slots__ = ()

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
        return invoke(self._relay, "calling.answer", given(**kwargs))

    def hangup(self, reason: str = "hangup") -> dict[str, Any]:
        """End the call (``calling.end``) and return the reply; an empty dict for a call that is over already.

        Args:
            reason: ``hangup``, ``cancel``, ``busy``, ``noAnswer``, ``decline`` or ``error``; becomes the
                ``end_reason``. ``decline`` and ``busy`` refuse an offer.

        Raises:
            ValueError: for any other reason.
            RelayError: the server refused.
        """
        return hang_up(self._relay, reason)

    def pass_(self) -> dict[str, Any]:
        """Give an unanswered offer back, so that routing tries another application (``calling.pass``).

        The call is over for this client then: its waits end with `CallEnded`, ``end_reason`` is ``passed``.
        """
        return hand_off(self._relay, "calling.pass", {}, "passed")

    def connect(
        self,
        devices: Sequence[Sequence[ConnectDevice | Mapping[str, Any]]],
        *,
        ringback: Sequence[Medium | Mapping[str, Any]] | None = None,
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
            devices: the outer list's groups are tried one after another, the devices of an inner list ring together:
                ``[[{"type": "phone", "params": {"to_number": "+1…", "from_number": "+1…", "timeout": 30}}]]``. Types
                are ``phone``, ``sip``, ``fabric``, ``call``, ``queue`` and ``stream``; `phone`, `sip`, `serial` and
                `parallel` build them.
            ringback: media played to the caller meanwhile, as for `play`.
            tag: label that the events of the new legs carry.
            max_duration: limit on the length of the new legs, in seconds.
            max_price_per_minute: devices that cost more (USD) are not called.
            status_url: webhook that gets the events too.
            kwargs: further params, passed to the wire: ``timeout`` (seconds to ring, for devices without one),
                ``send_digits`` (DTMF after the answer; ``w`` and ``W`` pause).

        Raises:
            ValueError: a device is malformed; the message says which and what is accepted.
            RelayError: the server refused; code 409 while another connect is running.
        """
        params = given(
            devices=devices,
            ringback=ringback,
            tag=tag,
            max_duration=max_duration,
            max_price_per_minute=max_price_per_minute,
            status_url=status_url,
            **kwargs,
        )
        return invoke(self._relay, "calling.connect", params)

    def disconnect(self, **kwargs: Any) -> dict[str, Any]:
        """Undo a bridge without hanging this call up (``calling.disconnect``), and return the reply.

        Args:
            kwargs: further params: ``reason`` (free text).
        """
        return invoke(self._relay, "calling.disconnect", given(**kwargs))

    def refer(
        self, device: ReferDevice | dict[str, Any], *, status_url: str | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Transfer a SIP call by SIP REFER (``calling.refer``) and return the reply.

        ``calling.call.refer`` tells how it went (hook ``on_refer``): its ``state`` is ``inProgress``, then
        ``success``, ``cancel``, ``busy``, ``noAnswer`` or ``error``. When ``run()`` returns meanwhile, the call is left
        until then, ``dial_timeout`` seconds at most.

        Args:
            device: ``{"type": "sip", "params": {"to": "sip:user@example.com"}}``, with ``from``, ``username`` and
                ``password`` if needed. The key ``uri`` is taken for ``to``.
            status_url: webhook that gets the events too.
            kwargs: further params, passed to the wire.

        Raises:
            ValueError: there is no target.
            RelayError: the server refused.
        """
        params = given(device=_with_target(device), status_url=status_url, **kwargs)
        return invoke(self._relay, "calling.refer", params)

    def transfer(self, dest: str | dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Hand the control of the call to another destination (``calling.transfer``) and return the reply.

        Args:
            dest: an https URL that returns SWML, ``context:NAME`` of another application, or SWML itself (a text or
                a dict). These three forms are what the server documents; any text is sent.
            kwargs: further params, passed to the wire.

        The call is over for this client then: its waits end with `CallEnded`, ``end_reason`` is ``transferred``.

        Raises:
            RelayError: the server refused.
        """
        return hand_off(self._relay, "calling.transfer", given(dest=dest, **kwargs), "transferred")


def _with_target(device: Any) -> Any:
    """Return a device of `refer` with its target under ``to``, where it stands under ``uri``."""
    params = device.get("params") if isinstance(device, dict) else None
    if not isinstance(params, dict) or "uri" not in params or "to" in params:
        return device
    others = {key: value for key, value in params.items() if key != "uri"}
    return {**device, "params": {"to": params["uri"], **others}}
