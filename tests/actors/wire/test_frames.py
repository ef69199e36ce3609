"""JSON-RPC frames: whatever arrives can be read, and what is written is finished bytes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from doubles.odd_values import Blob, Day, Foreign, Loud, Row, Several, Share, Table, Whole, Word

from relay_actors.wire.frames import (
    EMPTY,
    BadFrame,
    Frame,
    acknowledgement,
    as_dict,
    decode_frame,
    encode_params,
    error_reply,
    reply,
    request,
)

SECRET = "PT-secret-token"


def read(text: str | bytes) -> Any:
    return decode_frame(text)


def test_a_frame_is_a_request_or_a_reply_by_whether_it_has_a_method() -> None:
    event = read(b'{"jsonrpc":"2.0","id":"e1","method":"signalwire.event","params":{"event_type":"t","timestamp":2.5}}')
    assert (event.id, event.method, event.params.event_type, event.params.timestamp) == (
        "e1",
        "signalwire.event",
        "t",
        2.5,
    )
    answer = read('{"id":7,"result":{"code":"200"}}')
    assert (answer.id, answer.method, answer.result, answer.error) == (7, None, {"code": "200"}, msgspec.UNSET)
    failed = read('{"id":7,"error":null}')
    assert (failed.result, failed.error) == (msgspec.UNSET, None)  # a null is there, and is not the same as nothing


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        (b"", "json", "not JSON"),
        (b"{", "json", "not JSON"),
        (b"\xff\xfe", "json", "not JSON"),
        (b"[" * 100_000, "depth", "JSON nested too deeply"),
        (b"[]", "shape", "a JSON array instead of an object"),
        (b"null", "shape", "a JSON null instead of an object"),
        (b"1.5", "shape", "a JSON number instead of an object"),
        (b'"x"', "shape", "a JSON string instead of an object"),
        (b'{"id":"a","method":7}', "method", "method is a JSON number instead of a string"),
        (b'{"id":"a","method":"m","params":[]}', "params", "params is a JSON array instead of an object"),
        (b'{"id":"a","method":"m","params":true}', "params", "params is a JSON boolean instead of an object"),
    ],
)
def test_what_is_no_frame_comes_back_with_its_reason(text: bytes, kind: str, reason: str) -> None:
    bad = read(text)
    assert isinstance(bad, BadFrame)
    assert (bad.kind, bad.reason) == (kind, reason)


def test_a_frame_that_makes_no_sense_keeps_its_id_so_that_it_can_be_answered() -> None:
    bad = read(b'{"id":"a","method":"m","params":7}')
    assert (bad.id, bad.method) == ("a", "m")


def test_a_field_of_the_envelope_with_another_type_is_left_out_and_the_others_stand() -> None:
    params = b'{"event_type":"t","timestamp":"soon","params":{"a":1},"restart":[]}'
    text = b'{"id":1,"method":"signalwire.event","params":' + params + b"}"
    frame = read(text)
    assert (frame.params.event_type, frame.params.timestamp, frame.params.restart) == ("t", None, None)
    assert as_dict(frame.params.params) == {"a": 1}


@pytest.mark.parametrize("odd", ['"params":7', '"params":{"timestamp":[]}', '"method":null,"params":"x"'])
def test_a_reply_with_something_odd_beside_it_is_a_reply(odd: str) -> None:
    read_one = read(('{"id":"a","result":{"code":"200"},' + odd + "}").encode())
    assert (read_one.id, read_one.method, read_one.result) == ("a", None, {"code": "200"})


def test_a_number_that_is_written_as_a_text_is_read_as_a_number() -> None:
    text = b'{"id":1,"method":"m","params":{"event_type":"t","timestamp":"7.5"}}'
    assert read(text).params.timestamp == 7.5


@pytest.mark.parametrize("raw", [b"null", b"[1]", b'"x"', b"{", b"", b"[" * 100_000])
def test_what_is_no_object_is_read_as_an_empty_one(raw: bytes) -> None:
    assert as_dict(msgspec.Raw(raw)) == {}


def test_each_reading_of_an_object_is_a_dict_of_the_readers_own() -> None:
    raw = msgspec.Raw(b'{"a":[1]}')
    as_dict(raw)["a"].append(2)
    assert as_dict(raw) == {"a": [1]}
    assert as_dict(EMPTY) == {}


def test_what_is_written_is_json_rpc_with_the_version_first() -> None:
    assert request("i1", "calling.play", {"a": 1}) == (
        b'{"jsonrpc":"2.0","id":"i1","method":"calling.play","params":{"a":1}}'
    )
    assert acknowledgement("e1") == b'{"jsonrpc":"2.0","id":"e1","result":{}}'
    assert acknowledgement(7) == b'{"jsonrpc":"2.0","id":7,"result":{}}'
    assert msgspec.json.decode(reply("p", {"timestamp": 1})) == {
        "jsonrpc": "2.0",
        "id": "p",
        "result": {"timestamp": 1},
    }
    assert msgspec.json.decode(error_reply(None, -32601, "no such method")) == {
        "jsonrpc": "2.0",
        "id": None,
        "error": {"code": -32601, "message": "no such method"},
    }


def test_what_is_written_is_read_back_as_it_was() -> None:
    frame = read(request("i1", "signalwire.ping", {"timestamp": 5}))
    assert (frame.id, frame.method, frame.params.timestamp) == ("i1", "signalwire.ping", 5.0)


@pytest.mark.parametrize("write", [encode_params, lambda value: request("i", "m", value)])
def test_a_param_without_a_json_form_is_refused_by_its_type(write: Any) -> None:
    with pytest.raises(TypeError, match="object"):
        write({"a": object()})


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Loud('say "hi"'), rb'"say \"hi\""'),
        (Word.HELLO, b'"hello"'),
        (Whole(7), b"7"),
        (Foreign(), b"3"),
        (Share(1.5), b"1.5"),
        (Blob(b"ab"), b'"YWI="'),
        (Day(2026, 11, 29), b'"2026-11-29"'),
        (Table({Loud("k"): Row([Loud("v")]), Whole(2): 1}), b'{"k":["v"],"2":1}'),
    ],
)
def test_what_a_subclass_holds_is_written_and_not_what_it_says_of_itself(value: Any, written: bytes) -> None:
    assert encode_params({"a": value}) == b'{"a":' + written + b"}"
    assert request("i", "m", [value]).endswith(b"[" + written + b"]}")


@pytest.mark.parametrize("value", [Several(), {"key": {1, object()}}])
def test_what_is_no_number_though_it_looks_like_one_is_refused_by_its_type(value: Any) -> None:
    with pytest.raises(TypeError, match="Several|object"):
        encode_params(value)


def test_no_frame_shows_what_is_in_it() -> None:
    for text in (
        f'{{"id":"{SECRET}","method":"signalwire.event","params":{{"event_type":"{SECRET}"}}}}',
        f'{{"id":"{SECRET}","result":"{SECRET}"}}',
        f'{{"id":"{SECRET}","method":"m","params":"{SECRET}"}}',
    ):
        assert SECRET not in repr(read(text))
    assert repr(Frame(method="signalwire.event")) == "<Frame signalwire.event>"
