"""Verbs that send and receive faxes, awaited.

Written by tools/aio_verbs.py; change the original and run it again.
"""

from __future__ import annotations

from typing import Any

from relay_actors.call.verbs import fax as model
from relay_actors.wire.events import FaxEvent
from relay_runtime.aio.actions import FaxAction
from relay_runtime.aio.verbs.base import OnCompleted, Verbs

__all__ = ["FaxVerbs"]


class FaxVerbs(Verbs):
    """Faxes."""

    __slots__ = ()

    async def send_fax(
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
            on_completed: called in the loop with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.

        Returns:
            The running fax: ``wait()`` gives a `FaxEvent` with ``success`` and ``pages``.

        Raises:
            RelayError: the server refused.
        """
        return await self._begin(
            FaxAction,
            model.FaxVerbs.send_fax,
            document,
            identity=identity,
            header_info=header_info,
            control_id=control_id,
            on_completed=on_completed,
            **kwargs,
        )

    async def receive_fax(
        self, *, control_id: str | None = None, on_completed: OnCompleted[FaxEvent] | None = None, **kwargs: Any
    ) -> FaxAction:
        """Receive a fax (``calling.receive_fax``) and return it.

        Args:
            control_id: id of the operation; default a new UUID.
            on_completed: called in the loop with the event that ended it.
            kwargs: further params, passed to the wire: ``status_url``.

        Returns:
            The running fax: ``wait()`` gives a `FaxEvent` with ``success``, ``pages`` and ``document``.

        Raises:
            RelayError: the server refused.
        """
        return await self._begin(
            FaxAction, model.FaxVerbs.receive_fax, control_id=control_id, on_completed=on_completed, **kwargs
        )
