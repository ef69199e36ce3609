"""What is said over a control socket."""

from __future__ import annotations

import pytest

from relay_runtime.inspection.protocol import Problem, Request, decode_answer, decode_request, encode


def test_a_request_travels_as_a_line() -> None:
    line = encode(Request(op="report", calls=True))
    assert line.endswith(b"\n")
    assert decode_request(line) == Request(op="report", calls=True)


@pytest.mark.parametrize("line", [b"", b"7", b'{"id": "x"}', b'{"op": 1}', b"[" * 10_000])
def test_what_is_no_request_is_a_problem_with_an_example(line: bytes) -> None:
    with pytest.raises(Problem, match=r'accepted is one line such as \{"op": "report"\}') as caught:
        decode_request(line)
    assert caught.value.kind == "bad_request"


def test_an_answer_holds_a_value_an_item_or_a_problem() -> None:
    assert decode_answer(b'{"ok": [1]}') == [1]
    assert decode_answer(b'{"item": 2}') == 2
    with pytest.raises(Problem, match="there is none") as caught:
        decode_answer(b'{"error": "there is none", "kind": "unknown_call"}')
    assert caught.value.kind == "unknown_call"


@pytest.mark.parametrize(("line", "error"), [(b"HTTP/1.1 400", ValueError), (b"{}", KeyError)])
def test_what_is_no_answer_is_told_apart(line: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        decode_answer(line)
