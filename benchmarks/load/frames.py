"""Every frame that the load server writes, as bytes templates filled in by `%`.

Shapes and sizes are those of the vendor's examples; a template costs a fraction of a JSON encoder, so the load server
stays ahead of the clients it measures. Ids are shaped like UUIDs: eight hex digits that count, the rest constant. No
two events have the same time, since a client may take that for a repetition.
"""

import struct
import time

SMALL_LIMIT = 4096

_NODE = "n-7f3a9c1e"
_SEGMENT = "5e6a7b8c-1d2e-4f30-91a2-b3c4d5e6f708"
_PROJECT = "4a1f0c9e-77d2-4b0e-a8a6-0b6f0d1c2e3f"
_SPACE = "c1d2e3f4-0a1b-4c2d-8e3f-405162738495"
_DEVICE = '{"type":"phone","params":{"from_number":"+15550100001","to_number":"+15550100002"}}'
_EVENT_ID = "%08x-6f0e-4c2b-9d3a-51c0b7aa42e1"
_STARTED_S = int(time.time())
_STARTED_MS = _STARTED_S * 1000


def header(length: int) -> bytes:
    """Return the header of an unmasked, final text frame (RFC 6455 section 5.2)."""
    if length < 126:
        return struct.pack("!BB", 0x81, length)
    if length < 65536:
        return struct.pack("!BBH", 0x81, 126, length)
    return struct.pack("!BBQ", 0x81, 127, length)


def stamped(number: int) -> tuple[int, int, int]:
    """Return the fields that every event template begins with: its number and its time, a microsecond apart."""
    seconds, microseconds = divmod(number, 1_000_000)
    return number, _STARTED_S + seconds, microseconds


HEADERS = [header(length) for length in range(SMALL_LIMIT)]


def _event(event_type: str, params: str, channel: str = '"event_channel":"calling"') -> bytes:
    return (
        f'{{"jsonrpc":"2.0","id":"{_EVENT_ID}","method":"signalwire.event","params":{{"event_type":"{event_type}",'
        f'{channel},"timestamp":%d.%06d,"project_id":"{_PROJECT}","space_id":"{_SPACE}","params":{{{params}}}}}}}'
    ).encode()


_ADDRESS = f'"node_id":"{_NODE}","call_id":"%b"'
_CALL = f'{_ADDRESS},"segment_id":"{_SEGMENT}","tag":"","direction":"inbound","device":{_DEVICE}'
_TIMES = f'"start_time":{_STARTED_MS},"answer_time":{_STARTED_MS + 90}'
_MESSAGE = (
    '"message_id":"%b","context":"bench","tags":[],"from_number":"+15550100002","to_number":"+15550100001",'
    '"body":"%b","media":[],"segments":1'
)

# (*stamped, call id)
OFFER = _event(
    "calling.call.receive",
    f'{_CALL},"call_state":"created","context":"bench"',
    '"event_channel":"calling","context":"bench"',
)
ANSWERED = _event("calling.call.state", f'{_CALL},"call_state":"answered",{_TIMES}')
ENDING = _event("calling.call.state", f'{_CALL},"call_state":"ending",{_TIMES}')
ENDED = _event(
    "calling.call.state",
    f'{_CALL},"call_state":"ended",{_TIMES},"end_time":{_STARTED_MS + 999},'
    '"end_reason":"hangup","end_source":"inbound"',
)
ROLL_CALL = _event("calling.user_event", f'{_ADDRESS},"kind":"roll_call"')
TICK = _event("calling.user_event", f'{_ADDRESS},"kind":"tick"')
# (*stamped, call id, control id)
PLAYING = _event("calling.call.play", f'{_ADDRESS},"control_id":"%b","state":"playing"')
PAUSED = _event("calling.call.play", f'{_ADDRESS},"control_id":"%b","state":"paused"')
FINISHED = _event("calling.call.play", f'{_ADDRESS},"control_id":"%b","state":"finished"')
# (*stamped, message id, body)
MESSAGE_RECEIVED = _event(
    "messaging.receive", f'{_MESSAGE},"direction":"inbound","message_state":"received"', '"context":"bench"'
)
MESSAGE_STATES = tuple(
    _event("messaging.state", f'{_MESSAGE},"direction":"outbound","message_state":"{state}"', '"context":"bench"')
    for state in ("queued", "initiated", "sent", "delivered")
)
# (*stamped, authorization state)
AUTHORIZATION = _event("signalwire.authorization.state", '"authorization_state":"%b"', '"event_channel":"signalwire"')

# (request id, ...)
_REPLY = '{"jsonrpc":"2.0","id":"%%b","result":{"code":"200","message":"%s"%s}}'
CALL_REPLIES = {
    "calling.answer": (_REPLY % ("Answering call", ',"call_id":"%b"')).encode(),
    "calling.end": (_REPLY % ("Ending call", ',"call_id":"%b"')).encode(),
    "calling.user_event": (_REPLY % ("Sending user event", ',"call_id":"%b"')).encode(),
}
PLAY_REPLY = (_REPLY % ("Playing", ',"call_id":"%b","control_id":"%b"')).encode()
SEND_REPLY = (_REPLY % ("Message accepted", ',"message_id":"%b"')).encode()
RECEIVE_REPLY = (_REPLY % ("Receiving all inbound related to the requested relay contexts", "")).encode()
PING_REPLY = b'{"jsonrpc":"2.0","id":"%b","result":{}}'
GONE_REPLY = b'{"jsonrpc":"2.0","id":"%b","result":{"code":"404","message":"Call does not exist"}}'
UNKNOWN_METHOD = b'{"jsonrpc":"2.0","id":"%b","error":{"code":-32601,"message":"Method not found"}}'
# (request id, protocol, restored)
CONNECT_REPLY = (
    b'{"jsonrpc":"2.0","id":"%b","result":{"protocol":"%b","identity":"bench@node","authorization":{},'
    b'"ice_servers":[],"session_restored":%b,"sessionid":"0d9e8f70-6a5b-4c3d-8e2f-1a0b9c8d7e6f","subscriptions":[]}}'
)
