"""The machine-readable protocol, walked: every method has its verb, every event its type.

What the protocol has and this client has not stands in a short list, with the reason.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from doubles.line import Line
from doubles.started import Started
from msgspec import Raw
from protocol_data import DATA

import relay_runtime
from relay_actors.call import actions as kinds
from relay_actors.call.call import Call
from relay_actors.wire import constants
from relay_actors.wire.events import EVENT_CLASSES, RelayEvent, parse_event
from relay_actors.wire.frames import FrameParams, decode_frame, encode_params
from relay_actors.wire.methods import METHODS
from relay_runtime import RelayClient

ADDRESS = {"node_id", "call_id"}

WITHOUT_VERB = {
    "signalwire.connect": "sent by the connection itself",
    "signalwire.ping": "sent by the connection itself",
    "signalwire.disconnect": "comes from the server",
    "signalwire.event": "comes from the server",
    "signalwire.reauthenticate": "client.renew() sends it",
    "signalwire.execute": "legacy wrapper",
    "calling.begin": "legacy: calling.dial has taken its place",
    "calling.play_and_collect.pause": "in no schema of the server (protocol 16.21)",
    "calling.play_and_collect.resume": "in no schema of the server (protocol 16.21)",
    "calling.ai_sidecar": "a draft: no client has it; execute() sends it",
    "calling.ai_sidecar.poke": "a draft: no client has it; execute() sends it",
    "calling.ai_sidecar.ask": "a draft: no client has it; execute() sends it",
    "calling.ai_sidecar.stop": "a draft: no client has it; execute() sends it",
    "calling.ai_sidecar.status": "a draft: no client has it; execute() sends it",
    "provisioning.configure": "a draft, for connector software",
}
"""Methods of the protocol that have no verb, with the reason."""

OTHER_NAMES = {
    "calling.pay": {"input": "input_method"},
    "calling.ai": {"params": "ai_params"},
    "calling.amazon_bedrock": {"params": "ai_params"},
    "calling.bind_digit": {"params": "bind_params"},
    "calling.join_conference": {"stream": "stream_obj"},
    "calling.play": {"play": "media"},
    "calling.play_and_collect": {"play": "media"},
}
"""Params that a verb knows by another name, as the official client does."""

OTHER_FIELDS = {
    ("calling.call.pay", "for"): "for_",  # a keyword of Python
    ("calling.call.queue", "id"): "queue_id",  # as in the official client
    ("calling.call.queue", "name"): "queue_name",
}
"""Fields of events that have another name here. Those of a conference's quality are one dict, ``quality``."""

FIELDS_LEFT_OUT = {
    ("calling.call.receive", "protocol"): "read by one client as a fallback; it is in event.params",
}
"""Fields of events that have no attribute, with the reason."""

CURRENT = [name for name, method in DATA["methods"].items() if name not in WITHOUT_VERB]
CALL_METHODS = [name for name in CURRENT if DATA["methods"][name]["scope"] == "call"]


def verbs_of(method: str) -> list[str]:
    """The names of a method's verbs in the official client, such as ``Call.play`` and ``Call.play_tts``."""
    names: list[str] = []
    for part in DATA["methods"][method]["python_sdk"].split(" / "):
        owner = names[-1].split(".")[0] if names else ""
        names.append(part if "." in part else f"{owner}.{part}")
    return names


@pytest.mark.parametrize("method", DATA["methods"])
def test_every_method_has_its_verb_or_a_reason(method: str) -> None:
    if method in WITHOUT_VERB:
        assert method not in METHODS
        return
    owners: dict[str, Any] = {"Call": Call, "RelayClient": RelayClient, **vars(kinds)}
    for verb in verbs_of(method):
        owner, name = verb.split(".")
        assert callable(getattr(owners[owner], name)), verb


def test_no_reason_is_given_for_what_has_a_verb() -> None:
    assert WITHOUT_VERB.keys() <= DATA["methods"].keys()
    assert METHODS.keys() == set(CURRENT)


@pytest.mark.parametrize("method", CURRENT)
def test_the_table_has_the_params_of_the_protocol(method: str) -> None:
    wanted = DATA["methods"][method]["params"].keys() - ADDRESS
    if method == "calling.dial":
        wanted |= {"node_id"}  # it has no address: this one is a param
    assert METHODS[method].fields.keys() == wanted


# What the rules accept and refuse


def sample(spec: dict[str, Any], depth: int = 0) -> Any:
    """A value that a spec of the protocol allows."""
    if "any_of" in spec:
        return sample(spec["any_of"][0], depth)
    if "enum" in spec:
        return spec["enum"][0]
    if "ref" in spec:
        return sample_object(DATA["types"][spec["ref"]], depth)
    if "fields" in spec:
        return sample_object(spec, depth)
    match spec["type"]:
        case "array":
            return [sample(spec["items"], depth + 1)]
        case "object":
            return {"key": "value"}
        case "boolean":
            return True
        case "integer" | "number":
            return max(spec.get("min", 0), 1)
    return sample_text(spec)


def sample_text(spec: dict[str, Any]) -> str:
    note = spec.get("note", "")
    if "E.164" in note:
        return "+15550100001"
    if "wss://" in note:
        return "wss://example.com/"
    if "https" in note:
        return "https://example.com/"
    return "1"


def sample_object(spec: dict[str, Any], depth: int) -> Any:
    """An object with everything that a type of the protocol has, up to a depth that ends recursion."""
    if "discriminator" in spec:
        kind, variant = next(iter(spec["variants"].items()))
        return {"type": kind, "params": sample(variant["params"], depth + 1)}
    fields = spec.get("fields", {})
    return {name: sample(field, depth + 1) for name, field in fields.items() if field.get("required") or depth < 4}


class Taker:
    """Calls verbs of a live call and gives the params that reach the server."""

    def __init__(self, started: Started) -> None:
        self._line: Line[Call] = Line(started)

    def params(self, method: str) -> dict[str, Any]:
        """What reaches the server when every documented param of a method is given."""
        verb = verbs_of(method)[0].split(".")[1]
        names = OTHER_NAMES.get(method, {})
        given = {}
        for name, spec in DATA["methods"][method]["params"].items():
            if name not in ADDRESS:
                given[names.get(name, name)] = sample(spec)
        if method == "calling.record":
            given["audio"] = given.pop("record")["audio"]
        getattr(self._line.call, verb)(**given)
        return self._line.board.wait_for(method)


@pytest.fixture
def taker(started: Started) -> Taker:
    return Taker(started)


VERBS_OF_CALLS = [name for name in CALL_METHODS if verbs_of(name)[0].startswith("Call.")]


@pytest.mark.parametrize("method", VERBS_OF_CALLS)
def test_every_documented_param_is_accepted_and_reaches_the_server(method: str, taker: Taker) -> None:
    sent = taker.params(method)
    for name, spec in DATA["methods"][method]["params"].items():
        assert name in sent
        if name not in ADDRESS:
            assert sent[name] == sample(spec), name


def scalars(spec: dict[str, Any], path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Every scalar below a param, with the way to it through its sample."""
    if "any_of" in spec:
        return
    if "ref" in spec and spec["ref"] in DATA["types"]:
        spec = DATA["types"][spec["ref"]]
    if "discriminator" in spec:
        variant = next(iter(spec["variants"].values()))
        yield from scalars(variant["params"], (*path, "params"))
    elif "fields" in spec:
        for name, field in spec["fields"].items():
            yield from scalars(field, (*path, name))
    elif spec.get("type") == "array":
        yield from scalars(spec["items"], (*path, 0))
    else:
        yield path, spec


def wrong_values(spec: dict[str, Any]) -> list[Any]:
    """Values that the protocol calls wrong."""
    wrong: list[Any] = []
    if "enum" in spec:
        wrong.append("no such word")
    if spec["type"] in {"integer", "number"}:
        wrong += ["text", True, float("nan")]
        wrong += [spec["min"] - 1] if "min" in spec else []
        wrong += [spec["max"] + 1] if "max" in spec else []
        wrong += [spec["exclusive_min"]] if "exclusive_min" in spec else []
    if spec["type"] == "integer":
        wrong.append(1.5)
    if spec["type"] == "boolean":
        wrong += ["true", 1]
    if spec["type"] == "string":
        wrong.append(7)
    return wrong


CLAMPED = {("calling.echo", "timeout"): "the server brings it into its range"}
"""Params whose range is not checked, with the reason."""

LENIENT = {
    "ringtone": "the list of ringtones has grown before",
    "message_type": "kinds of messages are added often",
    "engine": "deprecated, and spelled in several ways",
    "for": "situations of a payment are the server's",
}
"""Scalars whose words are not checked, by the name of the field or of its object, with the reason."""

CASES = [
    (method, path, value)
    for method in CURRENT
    for name, param in DATA["methods"][method]["params"].items()
    if name not in ADDRESS
    for path, spec in scalars(param, (name,))
    for value in wrong_values(spec)
    if not (value == "no such word" and LENIENT.keys() & set(map(str, path)))
    if not ((method, name) in CLAMPED and value in {4, 121})
]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, list):
        return [replaced(value[0], path[1:], new)]
    return {**value, path[0]: replaced(value.get(path[0], {}), path[1:], new)}


@pytest.mark.parametrize(("method", "path", "value"), CASES)
def test_what_the_protocol_calls_wrong_is_refused(method: str, path: tuple[Any, ...], value: Any) -> None:
    specs = DATA["methods"][method]["params"]
    params = {name: sample(spec) for name, spec in specs.items() if name not in ADDRESS}
    METHODS[method].check_fields(params)
    with pytest.raises(ValueError, match=r"accepted is|known are"):
        METHODS[method].check_fields(replaced(params, path, value))


@pytest.mark.parametrize("method", CURRENT)
def test_unknown_keys_and_types_pass(method: str) -> None:
    params = {name: sample(spec) for name, spec in DATA["methods"][method]["params"].items() if name not in ADDRESS}

    def with_more(value: Any) -> Any:
        if isinstance(value, dict):
            return {**{key: with_more(item) for key, item in value.items()}, "not-in-the-protocol": 1}
        return [with_more(item) for item in value] if isinstance(value, list) else value

    METHODS[method].check_fields(with_more(params))


# Events

QUALITY = ("rtt_", "in_", "out_")


@pytest.mark.parametrize("event_type", DATA["events"])
def test_every_event_has_its_type_and_every_field_its_value(event_type: str) -> None:
    entry = DATA["events"][event_type]
    frame = decode_frame(encode_params({"method": "signalwire.event", "id": "e1", "params": entry["example"]}))
    event = parse_event(frame.params)  # type: ignore[union-attr, arg-type]
    assert type(event) is EVENT_CLASSES[event_type] is not RelayEvent
    assert event.event_type == event_type
    assert event.timestamp == entry["example"]["timestamp"]
    assert event.project_id == entry["example"]["project_id"]
    body = entry["example"] if "params" not in entry["example"] else entry["example"]["params"]
    for name in entry["params"]:
        if event_type == "calling.conference" and name.startswith(QUALITY):
            assert event.quality == {}  # type: ignore[attr-defined]
            continue
        if (event_type, name) in FIELDS_LEFT_OUT:
            continue
        attribute = OTHER_FIELDS.get((event_type, name), name)
        assert hasattr(event, attribute), f"{event_type} has no {name}"
        if name in body and (event_type, name) != ("calling.call.state", "dial_winner"):
            assert getattr(event, attribute) == body[name], name


def test_no_event_class_is_for_an_event_that_the_protocol_does_not_have() -> None:
    assert EVENT_CLASSES.keys() == DATA["events"].keys()


def test_the_quality_of_a_conference_is_one_dict() -> None:
    names = [name for name in DATA["events"]["calling.conference"]["params"] if name.startswith(QUALITY)]
    assert len(names) == 21
    body = {"conference_id": "x", "status": "participant-call-quality", **dict.fromkeys(names, "4.2")}
    event = parse_event(FrameParams(event_type="calling.conference", params=Raw(encode_params(body))))
    assert event.quality == dict.fromkeys(names, "4.2")  # type: ignore[attr-defined]


# Actions


@pytest.mark.parametrize("kind", DATA["actions"])
def test_every_action_has_its_class_its_event_and_its_sub_commands(kind: str) -> None:
    entry = DATA["actions"][kind]
    cls = next(
        cls
        for cls in vars(kinds).values()
        if inspect.isclass(cls) and issubclass(cls, kinds.Action) and entry["method"] == cls.METHOD
    )
    assert entry["event"] == cls.EVENT.EVENT_TYPE
    for name in entry["subcommands"]:
        assert callable(getattr(cls, name)), name
    for name in {"pause", "resume", "volume", "start_input_timers"} - entry["subcommands"].keys():
        assert not hasattr(cls, name), f"{cls.__name__} offers {name}"


# Words


def test_what_has_a_name_on_the_wire_has_one_in_the_public_face() -> None:
    public = set(relay_runtime.__all__)
    assert {cls.__name__ for cls in EVENT_CLASSES.values()} <= public
    assert set(constants.__all__) <= public
    families = {"FaxAction"}  # its two kinds are one class to users, as in the official client
    begun = {cls for cls in vars(kinds).values() if inspect.isclass(cls) and getattr(cls, "METHOD", "")}
    assert {cls.__name__ for cls in begun if cls.__mro__[1].__name__ not in families} <= public
