"""The three commands of a call, each as a finished frame and the id to which its reply comes; and acknowledgements."""

from typing import Any, Protocol

from benchmarks.clients.launch import PROMPT
from relay_actors.kit.ids import new_id
from relay_actors.wire.checks import check_params
from relay_actors.wire.frames import acknowledgement, request

Command = tuple[str, bytes]

_ACK = '{"jsonrpc":"2.0","id":"%s","result":{}}'
_ID = "%08x-3c1d-4e5f-8a6b-7c8d9e0f1a2b"
_REQUEST = '{"jsonrpc":"2.0","id":"%%s","method":"%s","params":{"node_id":"%%s","call_id":"%%s"%s}}'
_ANSWER = _REQUEST % ("calling.answer", "")
_PLAY = _REQUEST % (
    "calling.play",
    f',"control_id":"%s-9e4f-4d27-8a60-c1e2f3a4b5c6","play":[{{"type":"tts","params":{{"text":"{PROMPT}"}}}}]',
)
_END = _REQUEST % ("calling.end", ',"reason":"hangup"')


class Commands(Protocol):
    """Makes what a client sends for a call, whose address are the ids of its node and its own."""

    def answer(self, node_id: str, call_id: str) -> Command: ...

    def play(self, node_id: str, call_id: str) -> Command: ...

    def end(self, node_id: str, call_id: str) -> Command: ...

    def acknowledge(self, event_id: Any) -> bytes: ...


class TemplateCommands:
    """Fills in templates, as the documented floor does: nothing is checked, and ids are counted."""

    def __init__(self) -> None:
        self._sequence = 0

    def answer(self, node_id: str, call_id: str) -> Command:
        return self._filled(_ANSWER, node_id, call_id)

    def play(self, node_id: str, call_id: str) -> Command:
        return self._filled(_PLAY, node_id, call_id, call_id[:8])

    def end(self, node_id: str, call_id: str) -> Command:
        return self._filled(_END, node_id, call_id)

    def acknowledge(self, event_id: Any) -> bytes:
        return (_ACK % event_id).encode()

    def _filled(self, template: str, *fields: str) -> Command:
        self._sequence += 1
        identity = _ID % self._sequence
        return identity, (template % (identity, *fields)).encode()


class CheckedCommands:
    """Makes them as ours does: params are checked by the table of methods, ids are new, and JSON is encoded."""

    def answer(self, node_id: str, call_id: str) -> Command:
        return self._made("calling.answer", node_id, call_id, check_params("calling.answer", {}))

    def play(self, node_id: str, call_id: str) -> Command:
        params = check_params("calling.play", {"play": [{"type": "tts", "params": {"text": PROMPT}}]})
        return self._made("calling.play", node_id, call_id, {"control_id": new_id(), **params})

    def end(self, node_id: str, call_id: str) -> Command:
        return self._made("calling.end", node_id, call_id, check_params("calling.end", {"reason": "hangup"}))

    def acknowledge(self, event_id: Any) -> bytes:
        return acknowledgement(event_id)

    def _made(self, method: str, node_id: str, call_id: str, params: dict[str, Any]) -> Command:
        identity = new_id()
        return identity, request(identity, method, {"node_id": node_id, "call_id": call_id, **params})
