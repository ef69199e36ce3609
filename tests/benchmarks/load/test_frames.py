import json

import pytest
from benchmarks.load import frames
from websockets.frames import Frame
from websockets.streams import StreamReader

EVENTS = [
    *((template, (b"c1",)) for template in (frames.OFFER, frames.ANSWERED, frames.ENDING, frames.ENDED)),
    *((template, (b"c1",)) for template in (frames.ROLL_CALL, frames.TICK)),
    *((template, (b"c1", b"k1")) for template in (frames.PLAYING, frames.PAUSED, frames.FINISHED)),
    *((template, (b"m1", b"text")) for template in (frames.MESSAGE_RECEIVED, *frames.MESSAGE_STATES)),
    (frames.AUTHORIZATION, (b"opaque",)),
]
REPLIES = [
    *((template, (b"r1", b"c1")) for template in frames.CALL_REPLIES.values()),
    (frames.PLAY_REPLY, (b"r1", b"c1", b"k1")),
    (frames.SEND_REPLY, (b"r1", b"m1")),
    (frames.CONNECT_REPLY, (b"r1", b"p1", b"true")),
    *((template, (b"r1",)) for template in (frames.PING_REPLY, frames.GONE_REPLY)),
]


@pytest.mark.parametrize(("template", "fields"), EVENTS)
def test_an_event_is_a_request_with_an_envelope_and_a_body(template, fields):
    event = json.loads(template % (*frames.stamped(255), *fields))
    assert event["id"].startswith("000000ff-")
    assert event["method"] == "signalwire.event"
    assert set(event["params"]) >= {"event_type", "timestamp", "project_id", "space_id", "params"}


@pytest.mark.parametrize(("template", "fields"), REPLIES)
def test_a_reply_has_the_requests_id_and_a_result(template, fields):
    reply = json.loads(template % fields)
    assert reply["id"] == "r1"
    assert isinstance(reply["result"], dict)


def test_no_two_events_have_the_same_time():
    times = [
        json.loads(frames.TICK % (*frames.stamped(n), b"c"))["params"]["timestamp"] for n in range(999_990, 1_000_010)
    ]
    assert times == sorted(set(times))


@pytest.mark.parametrize("length", [0, 125, 126, 4096, 65535, 65536])
def test_a_header_announces_a_text_frame_of_its_length(length):
    reader = StreamReader()
    reader.feed_data(frames.header(length) + b"x" * length)
    parsing = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as parsed:
        next(parsing)
    assert (parsed.value.value.opcode, len(parsed.value.value.data)) == (1, length)
