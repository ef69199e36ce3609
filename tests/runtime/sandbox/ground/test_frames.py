"""JSON-RPC frames as the server writes them."""

from __future__ import annotations

import pytest
from doubles.odd_values import Loud, Share, Whole

from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.ground.frames import ErrorCode, JsonRpcError


def test_a_result_and_a_request_are_json_rpc_2() -> None:
    assert frames.decode(frames.result("1", {"a": 1})) == {"jsonrpc": "2.0", "id": "1", "result": {"a": 1}}
    ping = {"jsonrpc": "2.0", "id": "2", "method": "signalwire.ping", "params": {}}
    assert frames.decode(frames.request("2", "signalwire.ping", {})) == ping


def test_an_error_has_data_only_when_there_is_any() -> None:
    bare = frames.decode(frames.error(None, ErrorCode.PARSE_ERROR, "Parse error"))
    assert bare == {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}}
    assert frames.decode(frames.error("1", -1, "x", {"why": 1}))["error"]["data"] == {"why": 1}


def test_an_error_that_is_raised_says_what_is_answered() -> None:
    refused = JsonRpcError(ErrorCode.NOT_COMPATIBLE, "too new", [4])
    assert (str(refused), refused.code, refused.data) == ("too new", -32001, [4])


def test_what_a_subclass_holds_is_written() -> None:
    written = frames.result("1", {"text": Loud("a"), "whole": Whole(3), "share": Share(0.5)})
    assert frames.decode(written)["result"] == {"text": "a", "whole": 3, "share": 0.5}
    with pytest.raises(TypeError, match="object has no JSON form"):
        frames.result("1", object())
