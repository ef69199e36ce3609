"""Verbs that send and receive faxes (protocol 7.3)."""

from __future__ import annotations

from typing import Any

from relay_actors.call.actions import FaxAction, OnCompleted, ReceiveFaxAction, SendFaxAction
from relay_actors.call.commands import begin
from relay_actors.call.verbs.base import Verbs
from relay_actors.call.verbs.given import given
from relay_actors.kit.ids import new_id
from relay_actors.wire.events import FaxEvent

__all__ = ["FaxVerbs"]


class FaxVerbs(Verbs):
    """Faxes. Each blocks the current greenlet until the server's reply, not until the fax is through."""

    __slots__ = ()

    def send_fax(
        self,
        document: str,
        *,
        identity: str | None = None,
        header_info: str | None = None,
        control_id: str | None = None,
        on_completed: OnCompleted[FaxEvent] | None = None,
        **kwargs: Any,
    ) -> FaxAction:
        """Send a PDF as a fax (``calling.send_fax``) and return it.

        Args:
            document: http or https URL of the PDF.
            identity: the sender's number as the receiver sees it; default the SignalWire number.
            header_info: the header of each page; default ``SignalWire``, an empty text for none.
            control_id: id of the operation; default a new UUID.
            on_completed: called in the call's greenlet with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.

        Returns:
            The running fax: ``wait()`` gives a `FaxEvent` with ``success`` and ``pages``.

        Raises:
            RelayError: the server refused.
        """
        params = given(document=document, identity=identity, header_info=header_info, **kwargs)
        return begin(self._relay, SendFaxAction(self._relay, control_id or new_id(), on_completed), params)

    def receive_fax(
        self, *, control_id: str | None = None, on_completed: OnCompleted[FaxEvent] | None = None, **kwargs: Any
    ) -> FaxAction:
        """Receive a fax (``calling.receive_fax``) and return it.

        Args:
            control_id: id of the operation; default a new UUID.
            on_completed: called in the call's greenlet with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.

        Returns:
            The running fax: ``wait()`` gives a `FaxEvent` with ``success``, ``pages`` and ``document``.

        Raises:
            RelayError: the server refused.
        """
        return begin(self._relay, ReceiveFaxAction(self._relay, control_id or new_id(), on_completed), given(**kwargs))
