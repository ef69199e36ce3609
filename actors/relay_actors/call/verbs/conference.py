"""Verbs of conferences, rooms, hold, digit bindings and events of applications (protocol 7.5)."""

from __future__ import annotations

from typing import Any

from relay_actors.call.commands import invoke
from relay_actors.call.verbs.base import Verbs
from relay_actors.call.verbs.given import given
from relay_actors.wire.dicts import StreamParams

__all__ = ["ConferenceVerbs"]


class ConferenceVerbs(Verbs):
    """Conferences, rooms, hold, digit bindings, events. Each blocks the current greenlet until the server's reply."""

    __slots__ = ()

    def join_conference(
        self,
        name: str,
        *,
        muted: bool | None = None,
        beep: str | None = None,
        start_on_enter: bool | None = None,
        end_on_exit: bool | None = None,
        wait_url: str | None = None,
        max_participants: int | None = None,
        record: str | None = None,
        region: str | None = None,
        trim: str | None = None,
        coach: str | None = None,
        status_callback: str | None = None,
        status_callback_event: str | None = None,
        status_callback_event_type: str | None = None,
        status_callback_method: str | None = None,
        recording_status_callback: str | None = None,
        recording_status_callback_event: str | None = None,
        recording_status_callback_event_type: str | None = None,
        recording_status_callback_method: str | None = None,
        stream_obj: StreamParams | dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Put the call into an audio conference (``calling.join_conference``) and return the reply.

        The reply has the ``conference_id`` that `leave_conference` needs. ``calling.conference`` tells what happens
        there: the hook ``on_conference`` for what names this call, ``client.on_event`` for the rest.

        Args:
            name: the conference; made when the first member joins.
            muted: join without being heard; default False.
            beep: ``"true"`` (default), ``"false"``, ``onEnter`` or ``onExit``.
            start_on_enter: whether the conference starts with this member; default True.
            end_on_exit: whether it ends when this member leaves; default False.
            wait_url: what is played until it starts.
            max_participants: at most so many members, 1 to 250.
            record: ``do-not-record`` (default) or ``record-from-start``.
            region: ``global`` (default), ``us``, ``eu`` or ``ch``.
            trim: ``trim-silence`` (default) or ``do-not-trim``.
            coach: call_id of the member who alone hears this one.
            status_callback: webhook of the conference's events.
            status_callback_event: which ones, separated by spaces: start end join leave mute hold modify speaker
                announcement.
            status_callback_event_type: ``relay``, ``cxml`` or ``laml``.
            status_callback_method: ``GET`` or ``POST``.
            recording_status_callback: webhook of the recording's events.
            recording_status_callback_event: which ones, separated by spaces: in-progress completed absent.
            recording_status_callback_event_type: ``relay``, ``cxml`` or ``laml``.
            recording_status_callback_method: ``GET`` or ``POST``.
            stream_obj: a stream of the conference, ``{"url": "wss://…", …}`` (``stream`` on the wire).
            kwargs: further params, passed to the wire: ``acl`` (``private`` or ``public-read``),
                ``emit_call_quality`` (adds events of the audio's quality; default False).

        Raises:
            ValueError: a value is out of what the server accepts; nothing was sent.
            RelayError: the server refused.
        """
        params = given(
            {"stream": stream_obj},
            name=name,
            muted=muted,
            beep=beep,
            start_on_enter=start_on_enter,
            end_on_exit=end_on_exit,
            wait_url=wait_url,
            max_participants=max_participants,
            record=record,
            region=region,
            trim=trim,
            coach=coach,
            status_callback=status_callback,
            status_callback_event=status_callback_event,
            status_callback_event_type=status_callback_event_type,
            status_callback_method=status_callback_method,
            recording_status_callback=recording_status_callback,
            recording_status_callback_event=recording_status_callback_event,
            recording_status_callback_event_type=recording_status_callback_event_type,
            recording_status_callback_method=recording_status_callback_method,
            **kwargs,
        )
        return invoke(self._relay, "calling.join_conference", params, names={"stream": "stream_obj"})

    def leave_conference(self, conference_id: str, **kwargs: Any) -> dict[str, Any]:
        """Take the call out of a conference (``calling.leave_conference``) and return the reply.

        Args:
            conference_id: from the reply of `join_conference`, or from an event.
            kwargs: further params, passed to the wire.

        Raises:
            RelayError: the server refused; code 404 when the conference is not there.
        """
        return invoke(self._relay, "calling.leave_conference", given(conference_id=conference_id, **kwargs))

    def join_room(self, name: str, *, status_url: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """Put the call into a room (``calling.join_room``) and return the reply.

        Args:
            name: the room.
            status_url: webhook that gets the events too.
            kwargs: further params, passed to the wire.
        """
        return invoke(self._relay, "calling.join_room", given(name=name, status_url=status_url, **kwargs))

    def leave_room(self, **kwargs: Any) -> dict[str, Any]:
        """Take the call out of its room (``calling.leave_room``) and return the reply.

        Args:
            kwargs: further params, passed to the wire.
        """
        return invoke(self._relay, "calling.leave_room", given(**kwargs))

    def hold(self) -> dict[str, Any]:
        """Put the call on hold (``calling.hold``) and return the reply.

        Raises:
            RelayError: the server refused, which is usual: it may not have this method.
        """
        return invoke(self._relay, "calling.hold", {})

    def unhold(self) -> dict[str, Any]:
        """Take the call off hold (``calling.unhold``) and return the reply.

        Raises:
            RelayError: the server refused, which is usual: it may not have this method.
        """
        return invoke(self._relay, "calling.unhold", {})

    def bind_digit(
        self,
        digits: str,
        bind_method: str,
        *,
        bind_params: dict[str, Any] | None = None,
        realm: str | None = None,
        max_triggers: int | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Have the server run a method whenever the caller presses some digits (``calling.bind_digit``).

        Args:
            digits: the sequence, such as ``*1``.
            bind_method: the full name of a method, such as ``calling.play``.
            bind_params: its params, without ``node_id`` and ``call_id`` (``params`` on the wire).
            realm: a group of bindings; default ``default``.
            max_triggers: how often it works; default without limit.
            kwargs: further params, passed to the wire.

        Returns:
            The reply.
        """
        named = {"params": bind_params}
        params = given(named, digits=digits, bind_method=bind_method, realm=realm, max_triggers=max_triggers, **kwargs)
        return invoke(self._relay, "calling.bind_digit", params, names={"params": "bind_params"})

    def clear_digit_bindings(self, *, realm: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """Drop digit bindings (``calling.clear_digit_bindings``) and return the reply.

        Args:
            realm: the group to drop; default ``all``, which is sent, since the server may clear one group only
                without it.
            kwargs: further params, passed to the wire.
        """
        return invoke(
            self._relay, "calling.clear_digit_bindings", given(realm="all" if realm is None else realm, **kwargs)
        )

    def user_event(self, *, event: str | dict[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
        """Send an event of the application through the call (``calling.user_event``) and return the reply.

        It comes back as ``calling.user_event`` (hook ``on_user_event``), as a `UserEvent`.

        Args:
            event: a dict; it is the body of the event that comes. A name is accepted too: then the dict is
                ``{"event": name}`` with ``kwargs`` in it, since the server takes objects only.
            kwargs: further params, passed to the wire, unless ``event`` is a name.

        Raises:
            ValueError: there is no event.
        """
        params = {"event": {"event": event, **kwargs}} if isinstance(event, str) else given(event=event, **kwargs)
        return invoke(self._relay, "calling.user_event", params)
