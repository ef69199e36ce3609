"""Events of text messages, and of tasks."""

from __future__ import annotations

from typing import Any

from doubles.frames import event as read

from relay_actors.wire.events import MessageReceiveEvent, TaskEvent, parse_event
from relay_actors.wire.frames import decode_frame


def test_a_task_has_its_payload_in_the_envelope() -> None:
    frame: Any = decode_frame(
        b'{"id":"e","method":"signalwire.event","params":{"event_type":"queuing.relay.tasks","context":"office",'
        b'"message":{"job":1},"timestamp":1760000000}}'
    )
    event = parse_event(frame.params)
    assert isinstance(event, TaskEvent)
    assert (event.context, event.message, event.timestamp) == ("office", {"job": 1}, 1760000000)


def test_media_and_tags_of_a_message_are_lists_of_the_readers_own() -> None:
    event: MessageReceiveEvent = read("messaging.receive", message_id="m1", media=["u1"], tags=["a", "b"])
    event.media.append("u2")
    event.tags.clear()
    assert (event.media, event.tags) == (["u1"], ["a", "b"])
    assert (read("messaging.receive").media, read("messaging.receive").tags) == ([], [])


def test_a_state_of_a_message_says_why_it_failed() -> None:
    event = read("messaging.state", message_id="m1", message_state="undelivered", reason="landline")
    assert (event.message_id, event.message_state, event.reason) == ("m1", "undelivered", "landline")
