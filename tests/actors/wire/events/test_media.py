"""Events of playing, recording, tapping and faxing: where a file's facts are found."""

from __future__ import annotations

from doubles.frames import event as read

from relay_actors.wire.events import FaxEvent, RecordEvent


def test_a_recordings_file_is_found_at_the_top_or_inside() -> None:
    top: RecordEvent = read("calling.call.record", url="u", duration=1.5, size=2, record={"audio": {}})
    inside: RecordEvent = read("calling.call.record", record={"url": "u", "duration": 1.5, "size": 2})
    for event in (top, inside):
        assert (event.url, event.duration, event.size) == ("u", 1.5, 2)


def test_a_fax_tells_pages_and_verdict() -> None:
    page: FaxEvent = read("calling.call.fax", fax={"type": "page", "params": {"direction": "send", "number": 2}})
    assert (page.type, page.pages, page.success) == ("page", 2, False)
    body = {"success": True, "pages": 3, "document": "d", "result_text": "OK"}
    end: FaxEvent = read("calling.call.fax", fax={"type": "finished", "params": body})
    assert (end.type, end.pages, end.success, end.document, end.result_text) == ("finished", 3, True, "d", "OK")


def test_a_recording_that_has_no_file_yet_says_so_with_empty_facts() -> None:
    event: RecordEvent = read("calling.call.record", state="recording", record={"size": "big", "duration": None})
    assert (event.url, event.duration, event.size) == ("", 0.0, 0)


def test_a_fax_of_another_shape_has_nothing_in_it() -> None:
    event: FaxEvent = read("calling.call.fax", fax={"type": 7, "params": [1]})
    assert (event.type, event.pages, event.success, event.document, event.result_text) == ("", 0, False, "", "")


def test_a_tap_tells_what_is_copied_and_where_it_goes() -> None:
    event = read("calling.call.tap", state="tapping", tap={"type": "audio"}, device={"type": "rtp"})
    assert (event.state, event.tap, event.device) == ("tapping", {"type": "audio"}, {"type": "rtp"})
